/**
 * Whether a quote may go on in Quote Studio, told from Quoteguard's answer. No part of it knows Salesforce or Zuora:
 * the caller says how to ask, and shows what it is told.
 *
 * An answer that does not come, or comes too late, is an outage, and then the fail mode decides. A refusal of ours
 * (wrong credentials, a mapping that does not fit) is none: it stops the quote until somebody has seen to it.
 */

const MOST_TOLD = 5;
const USUAL_TIMEOUT = 8000;
const OUTAGES = new Set([408, 425, 429]);

/** Ask, within the time, and say whether to go on and what to tell the seller. It never throws. */
export async function judge(ask, { stage = 'submit', failMode = {}, timeout = USUAL_TIMEOUT } = {}) {
  let clock;
  const late = new Promise((_, reject) => {
    clock = setTimeout(() => reject(new Outage('no answer came in time')), timeout);
  });
  try {
    return verdictOf(parsed(await Promise.race([ask(), late])));
  } catch (fault) {
    return unchecked(fault, failMode[stage] ?? (stage === 'save' ? 'open' : 'closed'));
  } finally {
    clearTimeout(clock);
  }
}

export class Outage extends Error {}

function parsed(answer) {
  const found = typeof answer === 'string' ? JSON.parse(answer) : answer;
  if (found === null || typeof found !== 'object' || Array.isArray(found)) {
    throw new Outage('what came back is no answer');
  }
  return found;
}

/** The verdict of an answer. What was not checked, and what is not a verdict, is never taken for allowed. */
export function verdictOf(answer) {
  if (answer.checked === false) {
    throw new Outage(answer.headline || 'it was not checked in time');
  }
  if (!['allow', 'flag', 'block'].includes(answer.verdict)) {
    const status = Number(answer.status) || 0;
    const told = answer.detail || answer.title || answer.message || 'there is no verdict in the answer';
    throw status === 0 || (status < 500 && !OUTAGES.has(status)) ? new Error(told) : new Outage(told);
  }
  const goesOn = answer.verdict !== 'block';
  const variant = { allow: 'success', flag: 'warning', block: 'error' }[answer.verdict];
  return { goesOn, verdict: answer.verdict, variant, title: 'Quoteguard', message: messageOf(answer) };
}

/** The sentence of the decision, and below it what is wrong, line by line. */
export function messageOf(answer) {
  const findings = (Array.isArray(answer.findings) ? answer.findings : []).filter((each) => each && each.effect !== 'shadow');
  const told = findings.slice(0, MOST_TOLD).map(findingOf);
  const rest = findings.length - told.length;
  return [answer.headline, ...told, rest > 0 ? `and ${rest} more` : null].filter(Boolean).join('\n');
}

function findingOf(finding) {
  const lines = Array.isArray(finding.line_ids) ? finding.line_ids : [];
  return lines.length ? `${lines.join(', ')}: ${finding.message}` : String(finding.message);
}

function unchecked(fault, failMode) {
  const outage = !(fault instanceof Error) || fault instanceof Outage || fault instanceof SyntaxError || isHttpOutage(fault);
  const goesOn = outage && failMode === 'open';
  const because = told(fault);
  const ending = goesOn ? 'It goes on unchecked, and is checked before it is activated.' : 'Try again, or ask the deal desk.';
  return { goesOn, verdict: 'unchecked', variant: goesOn ? 'warning' : 'error', title: 'Quoteguard did not check this quote', message: `${because} ${ending}` };
}

function isHttpOutage(fault) {
  const status = Number(fault.status) || 0;
  return status >= 500 || OUTAGES.has(status);
}

/** What happened, from an error of ours or of Apex's (`body.message`), as a sentence. */
function told(fault) {
  const text = String((fault && fault.body && fault.body.message) || (fault && fault.message) || 'It cannot be reached').trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
