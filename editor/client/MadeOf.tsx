import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { visible } from '../format/visible.ts'
import { Fact } from '../parts/Facts.tsx'
import { masterQuery } from './requests.ts'

/** The agency's flow that this one was made of, with the version; a link for those who may see it. */
export function MadeOf({
  workspace,
  flow,
  version,
}: {
  workspace: string
  flow: string
  /** Of the flow: named with what it was made of. */
  version?: number | undefined
}) {
  // What was only tried is no version, and was made of none.
  const number = version !== undefined && version > 0 ? version : undefined
  const found = useQuery(masterQuery(workspace, flow, number))
  const master = found.data?.master
  if (!master) return null
  const { place } = master
  const of = master.of ?? master.version
  const name = `“${visible(master.name)}”`
  const word = of === null ? `${name}, no version yet` : `Version ${of} of ${name}`
  return (
    <Fact term="Made of">
      {place ? (
        <Link to="/w/$workspace/flows/$flow" params={place} search={of === null ? { tab: 'clients' } : { version: of }}>
          {word}
        </Link>
      ) : (
        word
      )}
      {place?.live != null && of !== null && place.live > of ? (
        <span className="muted">{` · version ${place.live} is live there`}</span>
      ) : null}
    </Fact>
  )
}
