import { AuditList } from '../../../server/contract/audit.ts'
import * as approvals from '../../../server/contract/approvals.ts'
import * as people from '../../../server/contract/people.ts'
import * as proofs from '../../../server/contract/proofs.ts'
import * as sso from '../../../server/contract/sso.ts'
import { qrCode } from '../../../server/proof/qr-code.ts'
import { ago, id } from './numbered.ts'
import { Refusal, type Route } from './route.ts'
import type { Scene } from './scene.ts'

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

const approvalView = (scene: Scene): approvals.ApprovalView[] => [
  {
    id: id(20, 1),
    push: null,
    kind: 'publish',
    flow: { id: id(2, 1), name: 'Paid invoices → Emarsys purchases' },
    hash: '9f2c'.repeat(16),
    summary: 'Wait for credit notes before sales are reversed',
    askedBy: 'Tom Okafor',
    createdAt: ago(2 * 3_600_000),
    state: scene.approved ? 'approved' : 'open',
    decidedBy: scene.approved ? 'Jana Weiss' : null,
    decidedAt: scene.approved ? ago(1000) : null,
    reason: null,
    mayDecide: !scene.approved && scene.whyOthersDecide === undefined,
    mine: false,
    why: scene.whyOthersDecide ?? null,
  },
  {
    id: id(20, 2),
    push: null,
    kind: 'rule',
    flow: null,
    hash: 'rule',
    summary: 'From then on nobody approves what goes live.',
    askedBy: 'Jana Weiss',
    createdAt: ago(3 * DAY),
    state: 'refused',
    decidedBy: 'Tom Okafor',
    decidedAt: ago(2 * DAY),
    reason: 'Not before the audit.',
    mayDecide: false,
    mine: true,
    why: null,
  },
]

/** Two who approve for each other, and a third who counts as one of them. */
const approvers = [
  { id: id(10, 1), name: 'Jana Weiss', for: [id(10, 2)], why: null },
  { id: id(10, 2), name: 'Tom Okafor', for: [id(10, 1), id(10, 5)], why: null },
  {
    ...{ id: id(10, 5), name: 'Ben Ito', for: [id(10, 2)] },
    why: 'Ben Ito joined by a link that Jana Weiss handed over, and may be Jana Weiss. To count as a person of their own: whoever runs the installation vouches for them with “npm run recover -- EMAIL --vouch”.',
  },
].map((one) => ({ ...one, email: `${one.name.split(' ')[0]!.toLowerCase()}@nordwind.example` }))

/** People, their sessions, the audit log: as one workspace has them on an ordinary day. */
export const peopleRoutes: readonly Route[] = [
  { method: 'GET', path: `${w}/members`, schema: people.MemberList, answer: () => ({ items: members() }) },
  {
    method: 'GET',
    path: `${w}/invitations`,
    schema: people.InvitationList,
    answer: (scene) => ({ items: scene.invitations }),
  },
  {
    method: 'POST',
    path: `${w}/invitations`,
    schema: people.CreatedInvitation,
    body: people.NewInvitation,
    answer: (scene, { body }) => {
      const { email, role } = body as people.NewInvitation
      const invitation = {
        ...{ id: id(15, 2 + scene.invitations.length), email, role, invitedBy: 'Jana Weiss' },
        ...{ createdAt: ago(0), expiresAt: ago(-7 * DAY) },
      }
      scene.invitations.push(invitation)
      return { invitation, sent: false, link: 'https://tieline.example/join#one-time-secret-of-the-link' }
    },
  },
  {
    method: 'DELETE',
    path: `${w}/invitations/:invitation`,
    answer: (scene, { params }) => {
      scene.invitations = scene.invitations.filter((one) => one.id !== params['invitation'])
    },
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
      sso: false,
    }),
  },
  {
    method: 'GET',
    path: `${w}/approval-rule`,
    schema: approvals.ApprovalRule,
    answer: (scene) => ({
      on: scene.approving,
      open: scene.approving && !scene.approved ? 1 : 0,
      approvers: 3,
      people: approvers,
    }),
  },
  {
    method: 'GET',
    path: `${w}/approvals`,
    schema: approvals.ApprovalList,
    answer: (scene) => ({ items: scene.flows.length === 0 ? [] : approvalView(scene) }),
  },
  {
    method: 'GET',
    path: `${w}/approvals/:approval`,
    schema: approvals.ApprovalDetail,
    answer: (scene, { params }) => {
      const [first, second] = approvalView(scene)
      const overtaken = false
      if (params['approval'] !== first!.id) {
        return { approval: second!, overtaken, before: null, after: null, connections: [] }
      }
      const after = {
        ...scene.document,
        nodes: scene.document.nodes.map((node, index) =>
          index === 1 ? { ...node, name: 'Invoices\u202e paid' } : node,
        ),
      }
      const connections = [{ slot: 'marketing', before: 'Emarsys test', after: 'Emarsys of Nordwind' }]
      return { approval: first!, overtaken, before: scene.document, after, connections }
    },
  },
  {
    method: 'POST',
    path: `${w}/approvals/:approval/approve`,
    schema: approvals.ApprovalView,
    body: approvals.ApproveRequest,
    answer: (scene) => {
      scene.approved = true
      return approvalView(scene)[0]
    },
  },
  {
    method: 'POST',
    path: `${w}/flows/:flow/approval`,
    schema: approvals.ApprovalView,
    body: approvals.ApprovalRequest,
    answer: (scene) => approvalView(scene)[0],
  },
  {
    method: 'PATCH',
    path: '/me/preferences',
    schema: people.Preferences,
    body: people.PreferencesChange,
    answer: (scene, { body }) => {
      const { weekly, ...fields } = body as people.PreferencesChange
      const all = Object.entries({ ...scene.preferences, ...fields }).filter(([, value]) => value !== null)
      scene.preferences = Object.fromEntries(all)
      if (weekly) {
        const before = (scene.preferences.weekly?.workspaces ?? []).filter((id) => !(id in weekly.workspaces))
        const begun = Object.keys(weekly.workspaces).filter((id) => weekly.workspaces[id])
        scene.preferences.weekly = { zone: weekly.zone, workspaces: [...before, ...begun] }
      }
      return scene.preferences
    },
  },
  { method: 'POST', path: '/letters/stop/:token', answer: () => undefined },
  { method: 'POST', path: `${w}/weekly-letter`, answer: () => undefined },
  { method: 'DELETE', path: `${w}/members/:user/sessions`, answer: () => undefined },
  { method: 'DELETE', path: `${w}/members/:user`, answer: () => undefined },
  {
    method: 'GET',
    path: `${w}/members/:user/holdings`,
    schema: people.MemberHoldings,
    answer: () => ({
      tokens: [{ name: 'Nightly export', prefix: 'tl_1a2b3c4d', usedAt: ago(DAY) }],
      approvals: 1,
      invitations: 0,
      exceptions: 3,
      drafts: [{ id: id(2, 1), name: 'Paid invoices → Emarsys purchases' }],
      alertRules: [
        { id: id(9, 1), name: 'Flows that fail', alone: false },
        { id: id(9, 2), name: 'Sign-ins that end', alone: true },
      ],
      turnOns: [{ id: id(2, 3), name: 'Credit notes → Emarsys returns' }],
      mentions: [{ id: id(2, 2), name: 'Overdue invoices by e-mail' }],
    }),
  },
  {
    method: 'GET',
    path: '/session/ways',
    schema: sso.SignInWays,
    answer: () => ({ sso: 'Nordwind Login', mail: true }),
  },
  { method: 'POST', path: '/password/forgotten', body: people.ForgottenPassword, answer: () => undefined },
  { method: 'PUT', path: '/password', body: people.PasswordReset, answer: () => undefined },
  {
    method: 'POST',
    path: '/session/proof',
    body: proofs.ProofRequest,
    answer: (scene, { body }) => {
      if ((body as proofs.ProofRequest).password === 'wrong') {
        throw new Refusal(403, 'PASSWORD_WRONG', 'Not your password', 'The present password is another one.')
      }
      scene.refuse = scene.refuse.filter(({ code }) => code !== 'STEP_UP_REQUIRED')
    },
  },
  {
    method: 'GET',
    path: '/me/second-factor',
    schema: proofs.SecondFactorState,
    answer: (scene) =>
      scene.secondFactor ? { since: ago(3 * DAY), recoveryCodes: 9 } : { since: null, recoveryCodes: 0 },
  },
  {
    method: 'POST',
    path: '/me/second-factor',
    schema: proofs.SecondFactorOffer,
    answer: () => {
      const address =
        'otpauth://totp/Tieline:jana%40nordwind.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Tieline'
      return { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', address, qr: qrCode(address) }
    },
  },
  {
    method: 'PUT',
    path: '/me/second-factor',
    schema: proofs.RecoveryCodes,
    body: proofs.SecondFactorCode,
    answer: (scene) => {
      scene.secondFactor = true
      return { codes: Array.from({ length: 10 }, (_, index) => `abcd-efgh-${2000 + index}`) }
    },
  },
  {
    method: 'DELETE',
    path: '/me/second-factor',
    answer: (scene) => {
      scene.secondFactor = false
    },
  },
  {
    method: 'GET',
    path: `${w}/sign-in-rule`,
    schema: proofs.SignInRuleView,
    answer: () => ({ sso: false, secondFactor: true }),
  },
  {
    method: 'GET',
    path: '/me/sessions',
    schema: people.SessionList,
    answer: () => ({
      items: [
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/153.0.0.0 Safari/537.36',
        'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1',
        'curl/8.15.0',
      ].map((agent, index) => ({
        id: id(16, index + 1),
        createdAt: ago(DAY),
        seenAt: ago(60_000),
        expiresAt: ago(-DAY),
        address: index === 0 ? '203.0.113.7' : '198.51.100.23',
        ...{ agent, current: index === 0 },
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
