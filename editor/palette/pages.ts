import type { Permission } from '../../server/contract/people.ts'

/** Pages of a workspace, by what one would type for them; those that a role would only be refused are left out. */
const PAGES = [
  { to: '/w/$workspace/now', title: 'Right now: what needs somebody, by cause', needs: 'operations.read' },
  { to: '/w/$workspace/causes', title: 'Causes at all clients', needs: 'operations.read' },
  { to: '/w/$workspace/building', title: 'What I’m building', needs: 'flows.edit' },
  { to: '/w/$workspace/desk', title: 'To agree: what waits for finance or marketing', needs: 'exceptions.open' },
  { to: '/w/$workspace/home', title: 'Your automations' },
  { to: '/w/$workspace/flows', title: 'Flows' },
  { to: '/w/$workspace/templates', title: 'Prebuilt flows', needs: 'flows.edit' },
  { to: '/w/$workspace/runs', title: 'Runs' },
  { to: '/w/$workspace/runs', title: 'Runs that failed', search: { state: 'failed' } },
  { to: '/w/$workspace/exceptions', title: 'Exceptions', needs: 'exceptions.read' },
  {
    to: '/w/$workspace/exceptions',
    title: 'Exceptions assigned to me',
    needs: 'exceptions.read',
    search: { assigned: 'me' },
  },
  { to: '/w/$workspace/unknown', title: 'Did it arrive?' },
  { to: '/w/$workspace/alerts', title: 'Alerts', needs: 'alerts.read' },
  { to: '/w/$workspace/alerts', title: 'Alert rules', needs: 'alerts.read', search: { tab: 'rules' } },
  { to: '/w/$workspace/notices', title: 'Notices' },
  { to: '/w/$workspace/connections', title: 'Connections', needs: 'connections.read' },
  { to: '/w/$workspace/connections/new', title: 'New connection', needs: 'connections.manage' },
  { to: '/w/$workspace/clients', title: 'Clients' },
  { to: '/w/$workspace/health', title: 'Health: queue, quotas, schedules, housekeeping', needs: 'operations.read' },
  { to: '/w/$workspace/workers', title: 'Workers, lanes and what waits' },
  { to: '/w/$workspace/reports', title: 'Something looks wrong' },
  { to: '/w/$workspace/approvals', title: 'Approvals' },
  { to: '/w/$workspace/files', title: 'Files', needs: 'files.read' },
  { to: '/w/$workspace/erased', title: 'Erased people', needs: 'suppressions.read' },
  { to: '/w/$workspace/erase', title: 'Erase a person', needs: 'data.erase' },
  { to: '/w/$workspace/deleted', title: 'Deleted workspaces' },
  { to: '/w/$workspace/people', title: 'People and invitations', needs: 'people.read' },
  { to: '/w/$workspace/audit', title: 'Audit log', needs: 'audit.read' },
  { to: '/w/$workspace/policy', title: 'When an order counts' },
  { to: '/w/$workspace/settings', title: 'Settings and API tokens' },
  { to: '/w/$workspace/close', title: 'Close this workspace', needs: 'workspace.manage' },
  { to: '/w/$workspace/account', title: 'Your account, password and second factor' },
] as const satisfies readonly {
  to: string
  title: string
  needs?: Permission
  search?: { readonly [name: string]: string }
}[]

export type PageEntry = {
  readonly to: (typeof PAGES)[number]['to']
  readonly title: string
  readonly search?: { readonly [name: string]: string }
}

export function pagesOf(may: (permission: Permission) => boolean): readonly PageEntry[] {
  return PAGES.filter((page) => !('needs' in page) || may(page.needs))
}
