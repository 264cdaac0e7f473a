import type { FlowView } from '../../server/contract/flows.ts'
import { AutomationSwitch } from '../automation/AutomationSwitch.tsx'
import { EffectList } from './EffectList.tsx'

/** The switch of a flow for those who know its steps: says what it reads and sends as well. */
export function FlowSwitch({ workspace, flow }: { workspace: string; flow: FlowView }) {
  const { id, name, enabled, liveVersion } = flow
  return (
    <AutomationSwitch workspace={workspace} flow={{ id, name, enabled, published: liveVersion !== null }} size="sm">
      {flow.paused ? <p>It had stopped itself: {flow.paused.message}</p> : null}
      {liveVersion === null ? null : (
        <>
          <p className="muted">
            {enabled ? 'Until then this stays undone:' : `Version ${liveVersion} then does this by itself:`}
          </p>
          <EffectList workspace={workspace} flow={id} version={liveVersion} />
        </>
      )}
    </AutomationSwitch>
  )
}
