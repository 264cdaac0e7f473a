import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconArrowBackUp,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleX,
  IconClock,
  IconHandStop,
  IconLoader,
  IconMinus,
  IconPower,
  IconTool,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import classes from './StateBadge.module.css'

/** What a state asks of the reader; colour and shape follow from it, everywhere the same. */
export type Tone =
  | 'ok'
  | 'running'
  | 'waiting'
  | 'person'
  | 'failed'
  | 'partly'
  | 'recovered'
  | 'team'
  | 'skipped'
  | 'cancelled'
  | 'off'
  | 'new'

const LOOK: {
  readonly [tone in Tone]: {
    readonly colour: string
    readonly icon: ComponentType<{ size?: number; className?: string }>
  }
} = {
  ok: { colour: 'ok', icon: IconCircleCheckFilled },
  running: { colour: 'running', icon: IconLoader },
  waiting: { colour: 'running', icon: IconClock },
  person: { colour: 'person', icon: IconHandStop },
  failed: { colour: 'failed', icon: IconAlertOctagonFilled },
  partly: { colour: 'attention', icon: IconAlertTriangleFilled },
  recovered: { colour: 'ok', icon: IconArrowBackUp },
  team: { colour: 'attention', icon: IconTool },
  skipped: { colour: 'off', icon: IconMinus },
  cancelled: { colour: 'off', icon: IconCircleX },
  off: { colour: 'off', icon: IconPower },
  new: { colour: 'off', icon: IconCircleDashed },
}

/** A state as shape, word and colour; never colour alone. */
export function StateBadge({ tone, word }: { tone: Tone; word: string }) {
  const look = LOOK[tone]
  const Icon = look.icon
  return (
    <span className={classes.badge} data-tone={look.colour}>
      <Icon size={14} aria-hidden className={tone === 'running' ? classes.turning : undefined} />
      {word}
    </span>
  )
}
