/*
 * Quoteguard: Quote Calculator Plugin for Salesforce CPQ.
 *
 * After each calculation the quote is sent, through the Apex class QuoteguardRelay, to Quoteguard. What is found is
 * written on the quote and on its lines, in words. A calculation is never stopped: where Quoteguard cannot be asked, a
 * draft goes on with the mark "unchecked", and a quote that has left Draft is held by the field that the validation
 * rule reads. It runs in the quote line editor and in CPQ's own calculation service alike, so that it uses no window.
 *
 * If your organisation has a plugin already: take over what is between the two marks, and call quoteguardCheck at the
 * end of your own onAfterCalculate. See docs/integrations/salesforce-cpq.md.
 */

export function onInit(lines, conn) {
  return Promise.resolve();
}

export function onBeforeCalculate(quote, lines, conn) {
  return Promise.resolve();
}

export function onBeforePriceRules(quote, lines, conn) {
  return Promise.resolve();
}

export function onAfterPriceRules(quote, lines, conn) {
  return Promise.resolve();
}

export function onAfterCalculate(quote, lines, conn) {
  return quoteguardCheck(quote, lines, conn);
}

export function isFieldEditable(fieldName, record) {
  return quoteguardOwns(fieldName) ? false : null;
}

export function isFieldVisible(fieldName, record) {
  return null;
}

/* ------------------------------------------------------------------------------------ Quoteguard begins here */

const QUOTEGUARD = {
  path: '/quoteguard/check',
  // Below the 30 seconds that CPQ gives a calculation with all its callouts, and above the relay's own timeout.
  timeoutMilliseconds: 12000,
  // Statuses in which a quote that could not be checked goes on.
  drafts: ['', 'Draft'],
  longestText: 255,
};

/* Send the quote, and write what is found. Always resolves. */
export function quoteguardCheck(quote, lines, conn) {
  let payload;
  try {
    payload = quoteguardPayload(quote, lines);
  } catch (error) {
    quoteguardUnchecked(quote, 'the quote could not be read (' + quoteguardMessage(error) + ')');
    return Promise.resolve();
  }
  return quoteguardInTime(quoteguardAsk(conn, payload)).then(
    function (answer) {
      quoteguardWrite(quote, lines, answer);
    },
    function (error) {
      quoteguardUnchecked(quote, quoteguardMessage(error));
    },
  ).catch(function (error) {
    quoteguardUnchecked(quote, quoteguardMessage(error));
  });
}

function quoteguardAsk(conn, payload) {
  if (!conn || !conn.apex || typeof conn.apex.post !== 'function') {
    return Promise.reject(new Error('there is no connection to Salesforce here'));
  }
  return Promise.resolve(conn.apex.post(QUOTEGUARD.path, payload)).then(function (told) {
    const answer = typeof told === 'string' ? JSON.parse(told) : told;
    if (!answer || !answer.quote || !answer.quote.fields || !Array.isArray(answer.lines)) {
      throw new Error((answer && answer.error) || 'the relay gave no verdict');
    }
    return answer;
  });
}

/* A promise that is refused once the time is up. Where the host has no timers, the relay's own timeout has to do. */
function quoteguardInTime(promise) {
  if (typeof setTimeout !== 'function') {
    return promise;
  }
  let timer;
  const late = new Promise(function (resolve, reject) {
    timer = setTimeout(function () {
      reject(new Error('there was no answer within ' + QUOTEGUARD.timeoutMilliseconds / 1000 + ' seconds'));
    }, QUOTEGUARD.timeoutMilliseconds);
  });
  const stop = function () {
    clearTimeout(timer);
  };
  promise.then(stop, stop);
  return Promise.race([promise, late]);
}

/* The QuoteModel without what Apex cannot take: relations (__r), cycles, and everything that has no value. */
export function quoteguardPayload(quote, lines) {
  const groups = quote.lineItemGroups || quote.groups || [];
  return {
    quote: {
      record: quoteguardPlain(quote.record),
      netTotal: quoteguardValue(quote.netTotal),
      lineItems: lines.map(function (line) {
        return {
          key: line.key,
          parentItemKey: quoteguardKey(line.parentItemKey, line.parentItem),
          parentGroupKey: quoteguardKey(line.parentGroupKey, line.parentGroup),
          dimensionType: quoteguardValue(line.dimensionType),
          amountDiscountProrated: quoteguardValue(line.amountDiscountProrated),
          record: quoteguardPlain(line.record),
        };
      }),
      lineItemGroups: groups.map(function (group) {
        return { key: group.key, record: quoteguardPlain(group.record) };
      }),
    },
  };
}

function quoteguardKey(key, owner) {
  if (key !== undefined && key !== null) {
    return key;
  }
  return owner && owner.key !== undefined ? owner.key : null;
}

function quoteguardPlain(record) {
  const plain = {};
  Object.keys(record || {}).forEach(function (name) {
    const value = quoteguardValue(record[name]);
    const says = value !== null && !(value === false && /^SBQQ__/.test(name)); // CPQ's own boxes are off unless they are on
    if (says && !/__r$/i.test(name) && !quoteguardOwns(name)) {
      plain[name] = value;
    }
  });
  return plain;
}

/* Text, truth or number; null for all else. CPQ computes in binary: what is behind the eighth decimal is its noise. */
function quoteguardValue(value) {
  if (typeof value === 'number') {
    return isFinite(value) ? Number(value.toFixed(8)) : null;
  }
  if (value instanceof Date) {
    return isNaN(value.getTime()) ? null : value.toISOString().slice(0, 10);
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

function quoteguardOwns(name) {
  return /^Quoteguard_/.test(String(name));
}

function quoteguardWrite(quote, lines, answer) {
  quoteguardSet(quote.record, answer.quote.fields);
  const byId = {};
  const byKey = {};
  answer.lines.forEach(function (each) {
    if (each.id) {
      byId[each.id] = each.fields;
    } else {
      byKey[String(each.key)] = each.fields;
    }
  });
  lines.forEach(function (line) {
    const fields = (line.record.Id && byId[line.record.Id]) || byKey[String(line.key)];
    if (fields) {
      quoteguardSet(line.record, fields);
    }
  });
}

function quoteguardSet(record, fields) {
  Object.keys(fields).forEach(function (name) {
    if (quoteguardOwns(name)) {
      record[name] = fields[name] === '' ? null : fields[name];
    }
  });
}

/* No verdict: a draft goes on and is marked, and what has left Draft is held. What was found before stands on the lines. */
function quoteguardUnchecked(quote, why) {
  const status = String((quote.record && quote.record.SBQQ__Status__c) || '');
  const held = QUOTEGUARD.drafts.indexOf(status) < 0;
  const then = held ? ' It is held until it is checked: calculate it again.' : ' Work may go on; it is checked again on the next calculation.';
  const headline = 'Not checked by Quoteguard: ' + why + '.' + then;
  quoteguardSet(quote.record, {
    Quoteguard_Verdict__c: 'unchecked',
    Quoteguard_Hold__c: held,
    Quoteguard_Headline__c: headline.length > QUOTEGUARD.longestText ? headline.slice(0, QUOTEGUARD.longestText - 1) + '…' : headline,
  });
}

function quoteguardMessage(error) {
  const text = error && error.message ? error.message : String(error);
  return text.length > 120 ? text.slice(0, 119) + '…' : text;
}

/* -------------------------------------------------------------------------------------- Quoteguard ends here */
