import { Link } from '@tanstack/react-router'
import { Key } from '../parts/Key.tsx'

/** The key of a record with the way to what happened to it. For a role that may not see it the server has hidden it. */
export function RecordKey({ workspace, value }: { workspace: string; value: string }) {
  if (value.includes('[hidden]')) return <span className="muted">{value}: it names a person</span>
  return (
    <>
      <Key value={value} label="key" />{' '}
      <Link to="/w/$workspace/records" params={{ workspace }} search={{ key: value }}>
        Its history
      </Link>
    </>
  )
}
