import { useQuery } from '@tanstack/react-query'
import { alertRulesQuery } from '../alerts.ts'
import classes from './AppShell.module.css'
import { useRights } from './use-rights.ts'

const LOOK_MS = 60_000

/** How many alerts are open, beside the way to them; nothing when none is. */
export function OpenAlerts({ workspace }: { workspace: string }) {
  const { may } = useRights(workspace)
  const rules = useQuery({ ...alertRulesQuery(workspace), enabled: may('alerts.read'), refetchInterval: LOOK_MS })
  const open = (rules.data?.items ?? []).reduce((sum, rule) => sum + rule.open, 0)
  if (open === 0) return null
  return (
    <span className={classes.count} role="img" aria-label={`${open} open`}>
      {open > 99 ? '99+' : open}
    </span>
  )
}
