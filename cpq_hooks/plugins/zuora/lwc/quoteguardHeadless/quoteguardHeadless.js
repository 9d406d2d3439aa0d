/**
 * The headless component of Quote Studio that asks Quoteguard before a quote is saved or submitted.
 *
 * Quote Studio calls the hooks and stops where one answers false. Only one headless component can be active: where you
 * have one already, call `judge` in yours.
 */
import { LightningElement, api } from 'lwc';
import ask from '@salesforce/apex/QuoteguardZuoraGate.ask';
import { judge } from 'c/quoteguardGate';

const FAIL_MODE = { save: 'open', submit: 'closed' };

export default class QuoteguardHeadless extends LightningElement {
  @api quoteState;

  @api async beforeSave() {
    return this.goesOn('save');
  }

  @api async beforeSubmit() {
    return this.goesOn('submit');
  }

  async goesOn(stage) {
    const body = JSON.stringify({ stage, quote: this.quoteState });
    const found = await judge(() => ask({ body }), { stage, failMode: FAIL_MODE });
    if (found.verdict !== 'allow') {
      this.dispatchEvent(new CustomEvent('toastMessageDisplay', { detail: { title: found.title, message: found.message, variant: found.variant } }));
    }
    return found.goesOn || stage === 'save';
  }
}
