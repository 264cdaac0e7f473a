import { Type } from 'typebox'
import { readWhole } from '../read/read-whole.ts'
import { campaignFlaw } from '../read/shapes.ts'

const Day = (title: string, description: string) =>
  Type.Optional(Type.String({ title, description, pattern: '^([0-9]{4}-[0-9]{2}-[0-9]{2})?$', default: '' }))

/** `GET /email/?status&fromdate&todate`; https://dev.emarsys.com, “List email campaigns”. */
export const listCampaigns = readWhole({
  name: 'list-campaigns',
  title: 'List e-mail campaigns',
  summary: 'One record per e-mail campaign, with its number, name and state.',
  synonyms: ['mailings', 'newsletters', 'emails'],
  settings: Type.Object(
    {
      status: Type.Union(
        [
          Type.Literal('', { title: 'Any state' }),
          Type.Literal('1', { title: 'In design' }),
          Type.Literal('2', { title: 'Tested' }),
          Type.Literal('3', { title: 'Launched' }),
          Type.Literal('4', { title: 'Ready to launch' }),
          Type.Literal('-3', { title: 'Deactivated' }),
        ],
        { title: 'State', default: '3' },
      ),
      from: Day('Made on or after', 'YYYY-MM-DD. Empty: no limit.'),
      to: Day('Made on or before', 'YYYY-MM-DD. Empty: no limit.'),
    },
    { additionalProperties: false },
  ),
  permissions: ['campaign.list'],
  flaw: campaignFlaw,
  doing: 'list e-mail campaigns',
  path: () => '/email/',
  query: ({ status, from, to }) => ({
    status: status || undefined,
    fromdate: from || undefined,
    todate: to || undefined,
  }),
})
