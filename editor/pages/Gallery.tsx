import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { sayCount } from '../format/number.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { templatesQuery } from '../queries.ts'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { FlowPicture } from '../template/FlowPicture.tsx'
import { PictureLegend } from '../template/PictureLegend.tsx'
import classes from './Gallery.module.css'

const route = getRouteApi('/w/$workspace/templates')

/** All prebuilt flows: a picture, what each is for, and how to get it. */
export function Gallery() {
  const { workspace } = route.useParams()
  const templates = useQuery(templatesQuery(workspace))
  const { may } = useRights(workspace)
  return (
    <Page
      title="Prebuilt flows"
      sentence="Choose one, say which accounts it uses, answer its questions, and try it: a dry run reads and compares, and sends nothing."
      above={
        <Link to="/w/$workspace/flows" params={{ workspace }}>
          Flows
        </Link>
      }
    >
      <Loaded query={templates} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No prebuilt flows here">
              This installation ships none. A flow of your own begins under Flows, with New flow.
            </EmptyState>
          ) : (
            <>
              <PictureLegend flows={items.map(({ flow }) => flow)} />
              <ul className={classes.cards}>
                {items.map((template) => (
                  <li key={template.id} className={classes.card}>
                    <FlowPicture flow={template.flow} />
                    <h2>{template.title}</h2>
                    <p className="muted">{template.summary}</p>
                    <div className={classes.foot}>
                      <span className="muted">
                        {template.key} · version {template.version}
                        {template.flows > 0 ? ` · ${sayCount(template.flows)} set up` : ''}
                      </span>
                      <ButtonLink
                        to="/w/$workspace/templates/$template"
                        params={{ workspace, template: template.id }}
                        variant="default"
                        aria-label={`${may('flows.publish') ? 'Set up' : 'Look at'} ${template.title}`}
                      >
                        {may('flows.publish') ? 'Set up' : 'Look at it'}
                      </ButtonLink>
                    </div>
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
    </Page>
  )
}
