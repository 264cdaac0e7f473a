import { Memory } from './Memory.tsx'
import { Waiting } from './Waiting.tsx'

/** What stays with a flow between its runs: records that wait for a time, and what its steps remember. */
export function Kept({ workspace, flow }: { workspace: string; flow: string }) {
  return (
    <>
      <Waiting workspace={workspace} flow={flow} />
      <Memory workspace={workspace} flow={flow} />
    </>
  )
}
