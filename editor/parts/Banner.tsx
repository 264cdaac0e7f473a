import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconInfoCircle,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './Notice.module.css'

const ICONS = {
  attention: IconAlertTriangleFilled,
  failed: IconAlertOctagonFilled,
  ok: IconCircleCheckFilled,
  running: IconInfoCircle,
  off: IconInfoCircle,
}

/** A quiet line above a page's content. `live` reads it aloud when it appears. */
export function Banner(props: {
  tone: keyof typeof ICONS
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
  live?: boolean
}) {
  const Icon = ICONS[props.tone]
  return (
    <div className={classes.banner} data-tone={props.tone} role={props.live ? 'status' : undefined}>
      <Icon size={18} aria-hidden />
      <div className={classes.bannerText}>
        <strong style={{ fontWeight: 550 }}>{props.title}</strong>
        {props.children}
        {props.action ? <div className={classes.actions}>{props.action}</div> : null}
      </div>
    </div>
  )
}
