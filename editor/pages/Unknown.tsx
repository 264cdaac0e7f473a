import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { SettleAnswer, UnknownDetail } from '../../server/contract/effects.ts'
import { Settle } from '../effect/Settle.tsx'
import { Amount } from '../parts/Amount.tsx'
import { Banner } from '../parts/Banner.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { JsonView } from '../parts/JsonView.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { catalogQuery, unknownQuery } from '../queries.ts'
import { useReason } from '../run/reveal-reason.ts'
import { RecordKey } from '../record/RecordKey.tsx'
import { ValuesBar } from '../run/ValuesBar.tsx'
import { unknownValuesQuery } from '../run/values-queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/unknown/$call/$position')

export function Unknown() {
  const { workspace, call, position } = route.useParams()
  const { may } = useRights(workspace)
  const [settled, setSettled] = useState<SettleAnswer>()
  const place = Number(position)
  // Once settled it is no longer among them: what is shown stays, and is not asked for again.
  const unknown = useQuery({ ...unknownQuery(workspace, call, place), enabled: settled === undefined })
  const data = unknown.data
  return (
    <Page
      title={data?.name ?? data?.key ?? 'Did it arrive?'}
      above={
        <Link to="/w/$workspace/unknown" params={{ workspace }}>
          Did it arrive?
        </Link>
      }
      beside={
        data ? (
          settled ? (
            <StateBadge tone="ok" word="Settled" />
          ) : (
            <StateBadge tone="partly" word="Nobody can tell" />
          )
        ) : null
      }
      sentence={
        data ? (
          <>
            Sent by {data.flow.name} to {data.connection.name} <When at={data.sentAt} />
          </>
        ) : null
      }
      actions={
        data && !settled && may('effects.settle') ? (
          <Settle
            workspace={workspace}
            effects={[{ call, position: place }]}
            what={data.name ?? data.key}
            onDone={setSettled}
          />
        ) : null
      }
    >
      {settled ? <Settled workspace={workspace} answer={settled} /> : null}
      <Loaded query={unknown}>
        {(shown) => <One workspace={workspace} unknown={shown} settled={settled !== undefined} />}
      </Loaded>
    </Page>
  )
}

function Settled({ workspace, answer }: { workspace: string; answer: SettleAnswer }) {
  return (
    <Banner
      tone="ok"
      live
      title={
        answer.settled > 0
          ? 'Settled. It is kept with your name and reason.'
          : 'Somebody else, or Tieline, had settled it first.'
      }
      action={
        answer.run ? (
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: answer.run }}>
            The run that sends it again
          </Link>
        ) : (
          <Link to="/w/$workspace/unknown" params={{ workspace }}>
            What else is in doubt
          </Link>
        )
      }
    />
  )
}

function One(props: { workspace: string; unknown: UnknownDetail; settled: boolean }) {
  const { workspace, unknown } = props
  const catalog = useQuery(catalogQuery)
  const reason = useReason()
  const revealed = useQuery(unknownValuesQuery(workspace, unknown.call, unknown.position, reason))
  const operation = catalog.data?.operations.find((one) => one.id === unknown.operation)
  return (
    <>
      {props.settled ? null : (
        <Banner tone="attention" title={unknown.message ?? 'It was sent, and no answer came.'}>
          <p>
            Look in {unknown.connection.name} for “{unknown.name ?? unknown.key}”
            {operation ? ` (${operation.title})` : ''}. Then say above whether it is there.
          </p>
          <p>
            {unknown.canProbe ? (
              unknown.probedAt ? (
                <>
                  Tieline looked for it too, last <When at={unknown.probedAt} />, and could not tell. It looks again by
                  itself.
                </>
              ) : (
                'Tieline looks for it by itself too, and settles it if it finds it.'
              )
            ) : (
              'Tieline cannot look for it: this system does not let one ask. Only a person can.'
            )}
          </p>
          <p>If it arrived, it is not sent again. If it did not, it can be sent again.</p>
        </Banner>
      )}
      <Facts>
        {unknown.amount === null ? null : (
          <Fact term="At stake">
            <Amount amount={unknown.amount} currency={unknown.currency} />
          </Fact>
        )}
        <Fact term="Sent to">
          <Link to="/w/$workspace/connections/$connection" params={{ workspace, connection: unknown.connection.id }}>
            {unknown.connection.name}
          </Link>
        </Fact>
        <Fact term="As">{operation?.title ?? unknown.operation}</Fact>
        <Fact term="Run">
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: unknown.run }} search={{ step: unknown.node }}>
            Its step in the run
          </Link>
        </Fact>
        <Fact term="Key">
          <RecordKey workspace={workspace} value={unknown.key} />
        </Fact>
        {unknown.part === '' ? null : <Fact term="Part">{unknown.part}</Fact>}
      </Facts>
      <Section title="What was sent">
        <ValuesBar workspace={workspace} />
        {reason === undefined ? (
          <JsonView records={[unknown.value]} total={1} label="What was sent" />
        ) : (
          <Loaded query={revealed} rows={4}>
            {({ value }) => <JsonView records={[value]} total={1} label="What was sent" />}
          </Loaded>
        )}
      </Section>
    </>
  )
}
