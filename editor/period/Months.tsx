import { Button, Group, NativeSelect } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { today } from '../format/days.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Section } from '../shell/Page.tsx'
import { FlowMonth } from './FlowMonth.tsx'
import { chosenMonth, moveMonth, sayMonth } from './month.ts'
import classes from './Months.module.css'
import { periodQuery } from './requests.ts'
import { Totals } from './Totals.tsx'

const LISTED = 24

/** Whether a month agrees, flow by flow. Without a choice it is the last one that is over. */
export function Months(props: { workspace: string; period: string | undefined; onChoose: (period: string) => void }) {
  const { workspace, onChoose } = props
  const now = today().slice(0, 7)
  const period = chosenMonth(props.period)
  const view = useQuery(periodQuery(workspace, period))
  const listed = Array.from({ length: LISTED }, (_, back) => moveMonth(now, -back))
  return (
    <Section
      title={`Does ${sayMonth(period)} agree?`}
      note="What the source has now, against what was sent and confirmed."
      actions={
        <Group gap="sm" data-screen="" className={classes.months}>
          <Button
            variant="default"
            aria-label="Month before"
            leftSection={<IconChevronLeft size={16} aria-hidden />}
            onClick={() => onChoose(moveMonth(period, -1))}
          >
            <span>Month before</span>
          </Button>
          <NativeSelect
            aria-label="Month"
            value={period}
            data={(listed.includes(period) ? listed : [period, ...listed]).map((value) => ({
              value,
              label: sayMonth(value),
            }))}
            onChange={(event) => onChoose(event.currentTarget.value)}
          />
          <Button
            variant="default"
            aria-label="Month after"
            rightSection={<IconChevronRight size={16} aria-hidden />}
            disabled={period >= now}
            onClick={() => onChoose(moveMonth(period, 1))}
          >
            <span>Month after</span>
          </Button>
        </Group>
      }
    >
      <Loaded query={view} rows={3}>
        {(shown) =>
          shown.flows.length === 0 ? (
            <EmptyState
              title="No flow sends money yet"
              action={
                <Link to="/w/$workspace/flows" params={{ workspace }}>
                  To the flows
                </Link>
              }
            >
              Flows that send purchases by difference can be checked here once they are published.
            </EmptyState>
          ) : (
            <>
              <Totals workspace={workspace} view={shown} />
              {shown.flows.map((one) => (
                <FlowMonth key={one.flow.id} workspace={workspace} view={shown} shown={one} />
              ))}
            </>
          )
        }
      </Loaded>
    </Section>
  )
}
