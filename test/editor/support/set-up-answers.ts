import * as answers from '../../../server/contract/answers.ts'
import * as templates from '../../../server/contract/templates.ts'
import { type Form, formSchema } from '../../../server/flow/form.ts'
import { ConfirmedRule, sayRule, USUAL_RULE } from '../../../server/flow/policy.ts'
import { ago, id } from './numbered.ts'
import { paidInvoices } from './paid-invoices.ts'
import type { Route } from './route.ts'

const FORM: Form = [
  { name: 'grace', type: 'days', title: 'Days of grace', default: 7, client: true },
  { name: 'list', type: 'text', title: 'Contact list', default: 'Overdue' },
]

const policyView = (version: number): answers.PolicyView => ({
  version,
  rule: USUAL_RULE,
  sentence: sayRule(USUAL_RULE),
  reason: version === 0 ? 'As Tieline comes.' : 'Agreed with finance',
  author: version === 0 ? null : 'Jana Weiss',
  at: version === 0 ? null : ago(3_600_000),
})

/** Prebuilt flows, forms and the policy. */
export const setUpRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/templates/:template`,
    schema: templates.TemplateView,
    answer: (scene) => {
      const { flow, id: template, key, version, title, summary } = scene.templates[0]!
      return {
        ...{ id: template, key, version, title, summary, flow, form: [...FORM], schema: formSchema(FORM) },
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
    method: 'GET',
    path: `${w}/flows/:flow/template`,
    schema: templates.FlowTemplate,
    answer: () => ({ template: null, taken: null, update: null }),
  },
  {
    method: 'GET',
    path: `${w}/flows/:flow/answers`,
    schema: answers.AnswersView,
    answer: () => ({
      form: [...FORM],
      schema: formSchema(FORM),
      revision: 1,
      answers: { grace: 10 },
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
          changes: [{ name: 'grace', title: 'Days of grace', after: 10 }],
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
