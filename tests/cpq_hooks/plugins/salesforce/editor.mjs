// Stands in for CPQ's quote line editor: loads the plugin, gives it a quote, and carries what it posts as the Apex relay does.
// Reads a scenario from standard input and writes what became of the quote to standard output.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const scenario = JSON.parse(readFileSync(0, 'utf8'));
for (const name of scenario.without || []) delete globalThis[name];
const plugin = await import(pathToFileURL(scenario.plugin));

const posted = [];
async function relay(path, payload) {
  posted.push({ path, payload });
  if (scenario.relay.mode === 'refuses') throw new Error('UNKNOWN_EXCEPTION');
  if (scenario.relay.mode === 'hangs') return new Promise(() => {});
  if (scenario.relay.mode === 'gives') return scenario.relay.gives;
  const body = JSON.stringify(payload);
  const stamp = String(scenario.relay.stamp || Math.floor(Date.now() / 1000));
  const digest = createHmac('sha256', scenario.relay.secret).update(stamp + '.' + body).digest('hex');
  const response = await fetch(scenario.relay.url + '?answer=fields', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Quoteguard-Timestamp': stamp, 'X-Quoteguard-Signature': 'v1=' + digest },
    body,
  });
  if (response.status !== 200) throw new Error('Quoteguard answered ' + response.status);
  return response.json();
}

// As in the editor, a line holds its parent itself, relations are cycles, and dates may be dates.
const lines = scenario.quote.lineItems;
for (const line of lines) {
  line.parentItem = lines.find((each) => each.key === line.parentItemKey);
  line.record.SBQQ__Quote__r = scenario.quote.record;
}
scenario.quote.record.SBQQ__LineItems__r = lines;
const conn = scenario.relay.mode === 'none' ? undefined : { apex: { post: relay } };

const before = Date.now();
for (const event of ['onInit', 'onBeforeCalculate', 'onBeforePriceRules', 'onAfterPriceRules', 'onAfterCalculate']) {
  const given = event === 'onInit' ? plugin[event](lines, conn) : plugin[event](scenario.quote, lines, conn);
  if (!(given instanceof Promise)) throw new Error(event + ' returns no promise');
  await given;
}
const plain = (record) => Object.fromEntries(Object.entries(record).filter(([name]) => !name.endsWith('__r')));
process.stdout.write(
  JSON.stringify({
    quote: plain(scenario.quote.record),
    lines: lines.map((line) => plain(line.record)),
    posted,
    milliseconds: Date.now() - before,
    editable: { own: plugin.isFieldEditable('Quoteguard_Hold__c', {}), other: plugin.isFieldEditable('SBQQ__Quantity__c', {}) },
  }),
);
process.exit(0);
