/*
 * Quoteguard in a HubSpot workflow, as a "Custom code" action (Node.js): the quote is judged before the workflow goes on.
 *
 * Enroll quotes, or deals with line items. Secrets: HUBSPOT_TOKEN (reads quotes, line items, deals, companies and the schemas of
 * line items; writes line items where the findings are to stand on them) and QUOTEGUARD_SECRET (the connection's custom_code).
 * Input fields: quoteguard_url (https://YOUR-HOST/v1/hooks/YOUR-CONNECTION), and fail_mode: "hold" (the default) or "open".
 * Output fields, all text: quoteguard_verdict (allow, flag, block, unchecked), quoteguard_message, quoteguard_decision and
 * quoteguard_may_go_on (true or false), on which the workflow branches.
 *
 * HubSpot stops the code after 20 seconds. Whatever happens, an answer is given before that.
 */
'use strict';

const crypto = require('crypto');

const API = process.env.HUBSPOT_API || 'https://api.hubapi.com';
const VERSION = '2026-03';
const WHOLE_MS = 17000;
const OURS_MS = 8000;
const WRITE_MS = 2500;
const KINDS = { '0-14': 'quotes', '0-3': 'deals', QUOTE: 'quotes', DEAL: 'deals' };
const SINGULAR = { quotes: 'quote', deals: 'deal' };
const KNOWN = {
  line_items: [
    'name', 'hs_sku', 'hs_product_id', 'quantity', 'price', 'amount', 'discount', 'hs_discount_percentage',
    'recurringbillingfrequency', 'hs_recurring_billing_period', 'hs_recurring_billing_start_date', 'hs_term_in_months',
    'hs_billing_start_delay_type', 'hs_billing_start_delay_days', 'hs_billing_start_delay_months', 'hs_cost_of_goods_sold',
    'hs_pricing_model', 'hs_tier_ranges', 'hs_tier_prices', 'hs_line_item_currency_code', 'hs_tcv', 'hs_is_optional',
    'hs_allow_buyer_selected_quantity', 'quoteguard_verdict', 'quoteguard_message',
  ],
  quotes: [
    'hs_title', 'hs_status', 'hs_currency', 'hs_expiration_date', 'hs_createdate', 'hs_payment_status', 'hs_payment_date',
    'hs_esign_num_signers_required', 'hs_esign_num_signers_completed', 'hs_net_payment_terms', 'hubspot_owner_id',
  ],
  deals: ['dealname', 'dealtype', 'dealstage', 'deal_currency_code', 'createdate', 'hs_is_closed_won', 'hubspot_owner_id'],
  companies: ['name', 'hs_country_code'],
  discounts: ['hs_label', 'hs_type', 'hs_value'],
  fees: ['hs_label', 'hs_type', 'hs_value'],
};

/** What went wrong, and whether it is an outage: a wrong key or address never is one. */
class Failed extends Error {
  constructor(message, outage) {
    super(message);
    this.outage = outage;
  }
}

async function call(method, url, { headers = {}, body, until }) {
  const left = until - Date.now();
  if (left <= 0) throw new Failed('the time is up', true);
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), left);
  try {
    const response = await fetch(url, { method, headers, body, signal: control.signal, redirect: 'error' });
    const text = await response.text();
    if (!response.ok) {
      const outage = response.status === 429 || response.status >= 500;
      throw new Failed(`${new URL(url).host} answered ${response.status}`, outage);
    }
    return text === '' ? null : JSON.parse(text);
  } catch (error) {
    if (error instanceof Failed) throw error;
    if (error instanceof SyntaxError) throw new Failed(`${new URL(url).host} answered something that is not JSON`, true);
    throw new Failed(`${new URL(url).host} could not be reached in time`, true);
  } finally {
    clearTimeout(timer);
  }
}

function hubspot(token, until) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'application/json' };
  const get = (path) => call('GET', API + path, { headers, until });
  const post = (path, body) => call('POST', API + path, { headers, body: JSON.stringify(body), until });

  async function associated(kind, id, other) {
    const ids = [];
    let after = '';
    do {
      const page = await get(
        `/crm/objects/${VERSION}/${kind}/${encodeURIComponent(id)}/associations/${other}?limit=500${after && `&after=${after}`}`,
      );
      ids.push(...(page.results || []).map((each) => String(each.toObjectId || each.id)));
      const next = page.paging && page.paging.next && page.paging.next.after;
      after = next ? encodeURIComponent(next) : '';
    } while (after);
    return [...new Set(ids)];
  }

  async function batch(kind, ids, properties) {
    const found = new Map();
    for (let start = 0; start < ids.length; start += 100) {
      const inputs = ids.slice(start, start + 100).map((id) => ({ id }));
      const page = await post(`/crm/objects/${VERSION}/${kind}/batch/read`, { inputs, properties });
      for (const each of page.results || []) found.set(String(each.id), each);
    }
    return ids.filter((id) => found.has(id)).map((id) => found.get(id));
  }

  /** Every property that the account has, so that none vanishes; the known ones where the token may not list them. */
  async function names(kind) {
    try {
      const listed = (await get(`/crm/properties/${VERSION}/${kind}`)).results || [];
      return {
        all: [...new Set([...listed.map((each) => each.name), ...KNOWN[kind]])],
        calculated: listed.filter((each) => each.calculated).map((each) => each.name),
        complete: true,
      };
    } catch (error) {
      if (error.outage !== false) throw error;
      return { all: KNOWN[kind], calculated: [], complete: false };
    }
  }

  /** What an account need not have: nothing where the token may not read it. */
  async function optional(work) {
    try {
      return await work();
    } catch (error) {
      if (error.outage !== false) throw error;
      return [];
    }
  }

  const write = (inputs) => post(`/crm/objects/${VERSION}/line_items/batch/update`, { inputs });
  return { associated, batch, names, optional, write };
}

/** The quote or deal with all that belongs to it, as Quoteguard reads it. */
async function whole(api, kind, id) {
  const [ofLines, ofWhole, lineIds] = await Promise.all([
    api.names('line_items'),
    kind === 'quotes' ? api.names('quotes') : { all: KNOWN.deals, calculated: [], complete: true },
    api.associated(kind, id, 'line_items'),
  ]);
  const [records, lines, deals, discounts, fees] = await Promise.all([
    api.batch(kind, [id], ofWhole.all),
    api.batch('line_items', lineIds, ofLines.all),
    kind === 'quotes' ? api.optional(async () => api.batch('deals', (await api.associated(kind, id, 'deals')).slice(0, 1), KNOWN.deals)) : [],
    api.optional(async () => api.batch('discounts', await api.associated(kind, id, 'discounts'), KNOWN.discounts)),
    api.optional(async () => api.batch('fees', await api.associated(kind, id, 'fees'), KNOWN.fees)),
  ]);
  if (records.length === 0) throw new Failed('the enrolled record is not there any more', false);
  const deal = kind === 'deals' ? records[0] : deals[0] || null;
  const companies = deal
    ? await api.optional(async () => api.batch('companies', (await api.associated('deals', String(deal.id), 'companies')).slice(0, 1), KNOWN.companies))
    : [];
  return {
    [SINGULAR[kind]]: records[0],
    deal,
    line_items: lines,
    company: companies[0] || null,
    discounts,
    fees,
    calculated_properties: { line_items: ofLines.calculated, quotes: ofWhole.calculated },
    known_properties_only: !(ofLines.complete && ofWhole.complete),
  };
}

/** The twelve escapes that HubSpot's own signatures decode; ours are made in the same way. */
function decoded(url) {
  const signs = { '3A': ':', '2F': '/', '3F': '?', 40: '@', 21: '!', 24: '$', 27: "'", 28: '(', 29: ')', '2A': '*', '2C': ',', '3B': ';' };
  return url.replace(/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (_, code) => signs[code.toUpperCase()]);
}

async function judged(url, secret, payload, until) {
  const body = JSON.stringify(payload);
  const moment = String(Date.now());
  const signature = crypto.createHmac('sha256', secret).update(`POST${decoded(url)}${body}${moment}`, 'utf8').digest('base64');
  return call('POST', url, {
    headers: { 'Content-Type': 'application/json', 'X-Quoteguard-Signature': signature, 'X-Quoteguard-Timestamp': moment },
    body,
    until: Math.min(until, Date.now() + OURS_MS),
  });
}

/** The findings onto the lines that they are on, and old ones away. The verdict stands whether or not that works. */
async function noted(api, lines, told) {
  const found = new Map((told || []).map((each) => [each.id, each]));
  const inputs = [];
  for (const line of lines) {
    const each = found.get(String(line.id)) || { verdict: 'allow', message: '' };
    const before = line.properties || {};
    if ((before.quoteguard_verdict || '') !== each.verdict || (before.quoteguard_message || '') !== each.message) {
      inputs.push({ id: String(line.id), properties: { quoteguard_verdict: each.verdict, quoteguard_message: each.message } });
    }
  }
  for (let start = 0; start < inputs.length; start += 100) await api.write(inputs.slice(start, start + 100));
}

function unchecked(error, failMode) {
  const outage = error.outage !== false;
  const goesOn = outage && failMode === 'open';
  return {
    hs_execution_state: 'FAIL_CONTINUE',
    quoteguard_verdict: 'unchecked',
    quoteguard_message: outage
      ? `Not checked: ${error.message}. ${goesOn ? 'Work may go on meanwhile.' : 'Hold it until it is.'}`
      : `Not checked, and that is no outage: ${error.message}. Correct the set-up of this action.`,
    quoteguard_decision: '',
    quoteguard_may_go_on: String(goesOn),
  };
}

async function outputFields(event) {
  const inputs = event.inputFields || {};
  const until = Date.now() + WHOLE_MS;
  try {
    const kind = KINDS[String((event.object || {}).objectType || 'QUOTE').toUpperCase()];
    const id = String((event.object || {}).objectId || '');
    if (!kind || !id) throw new Failed('the enrolled record is neither a quote nor a deal', false);
    const url = String(inputs.quoteguard_url || '');
    if (!/^https:\/\//.test(url) && !process.env.HUBSPOT_API) throw new Failed('the input field quoteguard_url is not an https address', false);
    const api = hubspot(process.env.HUBSPOT_TOKEN, until - WRITE_MS);
    const payload = await whole(api, kind, id);
    const answer = await judged(url, process.env.QUOTEGUARD_SECRET || '', payload, until - WRITE_MS);
    const fields = answer && answer.outputFields;
    if (!fields || !fields.quoteguard_verdict) throw new Failed('the answer is none of Quoteguard’s', false);
    if (fields.quoteguard_verdict !== 'unchecked') {
      await noted(hubspot(process.env.HUBSPOT_TOKEN, until), payload.line_items, answer.lines).catch(() => null);
    }
    const goesOn = fields.quoteguard_verdict === 'allow' || (fields.quoteguard_verdict === 'unchecked' && inputs.fail_mode === 'open');
    return { ...fields, quoteguard_may_go_on: String(goesOn) };
  } catch (error) {
    return unchecked(error, inputs.fail_mode);
  }
}

exports.main = async (event, callback) => {
  const found = { outputFields: await outputFields(event) };
  if (callback) callback(found);
  return found;
};
