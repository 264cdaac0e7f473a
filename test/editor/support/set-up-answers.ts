import * as answers from '../../../server/contract/answers.ts'
import { FlowView } from '../../../server/contract/flows.ts'
import * as templates from '../../../server/contract/templates.ts'
import { type Form, formSchema } from '../../../server/flow/document/form.ts'
import { ConfirmedRule, sayRule, USUAL_RULE } from '../../../server/flow/document/policy.ts'
import { ago, id } from './numbered.ts'
import { paidInvoices } from './paid-invoices.ts'
import type { Route } from './route.ts'
import { newsOf, shippedView } from './template-answers.ts'

const FORM: Form = [
  { name: 'grace', type: 'days', title: 'Days of grace', default: 7, client: true },
  { name: 'list', type: 'text', title: 'Contact list', default: 'Overdue' },
]

const MODE: Form = [
  {
    ...{ name: 'mode', type: 'choice', title: 'Sales reach Xero as', default: 'daily', client: true },
    choices: [
      { value: 'daily', title: 'One journal for each day' },
      { value: 'each', title: 'One invoice for each order' },
    ],
  },
]

/** Enough of a comparison for the page; what it is made of, the server reads. */
const WHAT_IF: templates.TemplateView['whatIf'] = {
  ...{ question: 'mode', source: 'engagement', target: 'ledger' },
  counts: [
    { name: 'orders', operation: 'shop.list-orders', time: 'created' },
    { name: 'refunds', operation: 'shop.list-refunds', time: 'created' },
  ],
  choices: [
    { value: 'daily', reads: 1, writes: [{ operation: 'xero.create-manual-journals', of: 'day' }] },
    { value: 'each', reads: 1, writes: [{ operation: 'xero.create-invoices', of: 'orders' }] },
  ],
  places: { accounts: ['a'], taxes: ['b'], options: 'c', optionsIf: 'd' },
  advice: { choice: 'each', perMonth: 1000, says: 'Xero advises no more than about 1,000 sales invoices a month.' },
}

const policyView = (version: number): answers.PolicyView => ({
  version,
  rule: USUAL_RULE,
  sentence: sayRule(USUAL_RULE),
  reason: version === 0 ? 'Tieline’s default.' : 'Agreed with finance',
  author: version === 0 ? null : 'Jana Weiss',
  at: version === 0 ? null : ago(3_600_000),
})

/** Prebuilt flows, forms and the policy. */
export const setUpRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/templates/:template`,
    schema: templates.TemplateView,
    answer: (_scene, { params }) => {
      const shipped = shippedView(params['template'] ?? '')
      if (shipped) return shipped
      return {
        ...{ id: 'paid-invoices', key: 'F04', version: 2, title: 'Paid invoices → Emarsys purchases' },
        ...{ summary: 'Contacts first, then one row per invoice line.', flow: paidInvoices },
        ...{ form: [...MODE, ...FORM], schema: formSchema([...MODE, ...FORM]), whatIf: WHAT_IF },
        moves: ['Each line of a paid invoice becomes a purchase.'],
        needs: ['A field for the customer’s id.'],
        desks: [{ desk: 'finance', owns: 'invoices that do not add up' }],
        news: [],
        samples: [],
        slots: [
          { slot: 'ledger', connector: 'xero', title: 'Xero', permissions: ['accounting.invoices.read'] },
          { slot: 'engagement', connector: 'emarsys', title: 'Emarsys', permissions: ['contact.create'] },
        ],
      }
    },
  },
  {
    method: 'POST',
    path: `${w}/templates/:template/what-if`,
    schema: templates.WhatIfView,
    answer: () => ({
      volume: [
        { name: 'orders', perDay: 212.4 },
        { name: 'refunds', perDay: 6.1 },
      ],
      ...{ countedDays: 28, perDay: 5000 },
      choices: [
        {
          ...{ value: 'daily', title: 'One journal for each day', documents: 1, documentsOfMonth: 30 },
          ...{ lines: 13, calls: 4, shareOfDay: 0.0008, advice: null },
        },
        {
          ...{ value: 'each', title: 'One invoice for each order', documents: 218.5, documentsOfMonth: 6642 },
          ...{ lines: 431, calls: 13, shareOfDay: 0.0026 },
          advice: 'Xero advises no more than about 1,000 sales invoices a month.',
        },
      ],
      assumptions: ['Figures are of an average day, and the most that it can be.'],
    }),
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/template`,
    schema: templates.FlowTemplate,
    // One of the flows is behind its template.
    answer: (_scene, { params }) =>
      params['flow'] === id(2, 2) ? newsOf() : { template: null, taken: null, update: null },
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/template/take`,
    schema: templates.Taken,
    body: templates.TakeRequest,
    answer: (scene) => ({ draft: { document: scene.document, revision: 18, at: ago(0), by: 'Jana Weiss' }, taken: 4 }),
  },
  {
    method: 'POST',
    path: `${w}/templates/:template/install`,
    schema: FlowView,
    body: templates.InstallRequest,
    answer: (scene) => scene.flows[0],
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/answers`,
    schema: answers.AnswersView,
    answer: () => ({
      form: [...FORM],
      schema: formSchema(FORM),
      revision: 1,
      answers: { grace: 10, list: 'Overdue customers' },
      mayChange: ['grace'],
      problems: [],
      author: 'Jana Weiss',
      at: ago(3_600_000),
    }),
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/answers/history`,
    schema: answers.AnswersHistory,
    answer: () => ({
      items: [
        {
          revision: 1,
          author: 'Jana Weiss',
          at: ago(3_600_000),
          changes: [
            { name: 'grace', title: 'Days of grace', after: 10 },
            { name: 'list', title: 'Contact list', before: 'Overdue', after: 'Overdue customers' },
          ],
        },
      ],
    }),
  },
  {
    method: 'GET',
    path: `${w}/policy`,
    schema: answers.PolicyPage,
    answer: () => ({
      current: policyView(1),
      schema: JSON.parse(JSON.stringify(ConfirmedRule)),
      versions: [policyView(1), policyView(0)],
      flows: [{ id: id(2, 1), name: paidInvoices.name, enabled: true }],
    }),
  },
]
