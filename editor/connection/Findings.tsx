import { IconAlertOctagonFilled, IconAlertTriangleFilled, IconCircleCheckFilled } from '@tabler/icons-react'
import type { ConnectionView } from '../../server/contract/connections.ts'
import classes from './Findings.module.css'

type Finding = NonNullable<ConnectionView['findings']>[number]

const ICONS = {
  ok: <IconCircleCheckFilled size={18} aria-label="Works" />,
  attention: <IconAlertTriangleFilled size={18} aria-label="Works, but not for long" />,
  failed: <IconAlertOctagonFilled size={18} aria-label="Missing" />,
}

const stateOf = ({ ok, warning }: Finding): keyof typeof ICONS => (ok ? (warning ? 'attention' : 'ok') : 'failed')

/** What a test found: what works, and what is missing. */
export function Findings({ findings }: { findings: NonNullable<ConnectionView['findings']> }) {
  return (
    <ul className={classes.findings}>
      {findings.map((finding) => (
        <li key={finding.title} data-state={stateOf(finding)}>
          {ICONS[stateOf(finding)]}
          <div>
            <strong>{finding.title}</strong>
            {finding.detail ? <p className="muted">{finding.detail}</p> : null}
            {finding.said ? (
              <details className={classes.said}>
                <summary>What came back</summary>
                <p>{finding.said}</p>
              </details>
            ) : null}
          </div>
        </li>
      ))}
    </ul>
  )
}
