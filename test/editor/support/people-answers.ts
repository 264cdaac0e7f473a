import { AuditList } from '../../../server/contract/audit.ts'
import * as people from '../../../server/contract/people.ts'
import { ago, id } from './numbered.ts'
import type { Route } from './route.ts'

const DAY = 86_400_000
const w = '/workspaces/:workspace'

const members = (): people.MemberView[] =>
  (
    [
      ['Jana Weiss', 'owner'],
      ['Tom Okafor', 'consultant'],
      ['Grace Lindqvist', 'finance'],
      ['Ana Ruiz', 'client'],
    ] as const
  ).map(([name, role], index) => ({
    user: id(10, index + 1),
    email: `${name.split(' ')[0]!.toLowerCase()}@nordwind.example`,
    name,
    role,
    since: ago((index + 1) * 30 * DAY),
    disabled: false,
  }))

const ACTIONS = ['flow.publish', 'connection.create', 'member.change-role', 'flow.switch', 'token.create', 'run.cancel']

/** People, their sessions, the audit log: as one workspace has them on an ordinary day. */
export const peopleRoutes: readonly Route[] = [
  { method: 'GET', path: `${w}/members`, schema: people.MemberList, answer: () => ({ items: members() }) },
  {
    method: 'GET',
    path: `${w}/invitations`,
    schema: people.InvitationList,
    answer: () => ({
      items: [
        {
          id: id(15, 1),
          email: 'lars@nordwind.example',
          role: 'client',
          invitedBy: 'Tom Okafor',
          createdAt: ago(DAY),
          expiresAt: ago(-6 * DAY),
        },
      ],
    }),
  },
  {
    method: 'POST',
    path: '/invitations/look',
    schema: people.InvitationCard,
    body: people.InvitationLook,
    answer: () => ({
      workspace: 'Nordwind GmbH',
      email: 'lars@nordwind.example',
      role: 'client',
      known: false,
      sso: false,
    }),
  },
  {
    method: 'GET',
    path: '/me/sessions',
    schema: people.SessionList,
    answer: () => ({
      items: [true, false].map((current, index) => ({
        id: id(16, index + 1),
        createdAt: ago(DAY),
        seenAt: ago(60_000),
        expiresAt: ago(-DAY),
        address: current ? '203.0.113.7' : '198.51.100.23',
        agent: current
          ? 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/153.0.0.0 Safari/537.36'
          : 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1',
        current,
      })),
    }),
  },
  {
    method: 'GET',
    path: `${w}/audit`,
    schema: AuditList,
    answer: () => ({
      items: ACTIONS.map((action, index) => ({
        sequence: 412 - index,
        at: ago(index * 3_600_000),
        action,
        actor: {
          kind: index === 4 ? 'token' : 'person',
          id: id(10, 1),
          name: index === 5 ? null : 'Jana Weiss',
          email: index === 5 ? null : 'jana@nordwind.example',
          address: index === 5 ? null : '203.0.113.7',
        },
        subject: action.startsWith('flow') ? { flow: id(2, 1) } : action.startsWith('run') ? { run: id(3, 1) } : {},
        detail: action === 'flow.publish' ? { summary: 'Wait for credit notes', version: 4 } : {},
        requestId: id(17, index + 1),
        hash: String(index).repeat(64),
      })),
      next: null,
      total: 412,
      key: '4f1c'.repeat(16),
      actions: ACTIONS,
    }),
  },
]
