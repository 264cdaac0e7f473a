import { IconAlertOctagonFilled, IconCircleCheckFilled } from '@tabler/icons-react'
import type { ConnectionView } from '../../server/contract/connections.ts'
import classes from './Findings.module.css'

/** What a test found: what works, and what is missing. */
export function Findings({ findings }: { findings: NonNullable<ConnectionView['findings']> }) {
  return (
    <ul className={classes.findings}>
      {findings.map((finding) => (
        <li key={finding.title} data-ok={finding.ok}>
          {finding.ok ? (
            <IconCircleCheckFilled size={18} aria-label="Works" />
          ) : (
            <IconAlertOctagonFilled size={18} aria-label="Missing" />
          )}
          <div>
            <strong>{finding.title}</strong>
            {finding.detail ? <p className="muted">{finding.detail}</p> : null}
          </div>
        </li>
      ))}
    </ul>
  )
}
