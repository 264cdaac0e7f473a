import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Loaded } from '../parts/Loaded.tsx'
import { templateQuery } from '../queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { FlowPicture } from '../template/FlowPicture.tsx'
import { PictureLegend } from '../template/PictureLegend.tsx'
import { InstallForm } from '../template/InstallForm.tsx'
import { Samples } from '../template/Samples.tsx'
import { Sentence } from '../template/Sentence.tsx'
import classes from './Install.module.css'
import { DESK_WORDS } from '../words.ts'

const route = getRouteApi('/w/$workspace/templates/$template')

/** One prebuilt flow: what moves, what it needs, who looks after what, and the form that sets it up. */
export function Install() {
  const { workspace, template: id } = route.useParams()
  const template = useQuery(templateQuery(workspace, id))
  const { may } = useRights(workspace)
  return (
    <Page
      title={template.data?.title ?? 'Prebuilt flow'}
      sentence={template.data?.summary}
      above={
        <Link to="/w/$workspace/templates" params={{ workspace }}>
          Prebuilt flows
        </Link>
      }
    >
      <Loaded query={template} rows={6}>
        {(data) => (
          <>
            <div className={classes.picture}>
              <FlowPicture flow={data.flow} roomy />
              <PictureLegend flows={[data.flow]} />
            </div>
            <div className={classes.sides}>
              <div className={classes.about}>
                <Section title="What moves">
                  <ul className={classes.list}>
                    {data.moves.map((says) => (
                      <li key={says}>
                        <Sentence says={says} />
                      </li>
                    ))}
                  </ul>
                </Section>
                <Section title="What it needs">
                  <ul className={classes.list}>
                    {data.needs.map((says) => (
                      <li key={says}>
                        <Sentence says={says} />
                      </li>
                    ))}
                    {data.slots.map(({ slot, title, permissions }) => (
                      <li key={slot}>
                        {title}:{' '}
                        {permissions.length === 0
                          ? 'the login, and no permission beside it.'
                          : permissions.map((permission, place) => (
                              <span key={permission}>
                                {place === 0 ? 'it has to allow ' : place === permissions.length - 1 ? ' and ' : ', '}
                                <code>{permission}</code>
                              </span>
                            ))}
                      </li>
                    ))}
                  </ul>
                </Section>
                <Section title="Who looks after what">
                  <ul className={classes.list}>
                    {data.desks.map(({ desk, owns }) => (
                      <li key={desk}>
                        {DESK_WORDS[desk]}: {owns}
                      </li>
                    ))}
                  </ul>
                </Section>
                <Section title="Tried on samples">
                  <Samples flow={data.flow} samples={data.samples} />
                </Section>
              </div>
              {may('flows.publish') ? (
                <div className={classes.form}>
                  <Section title="Set it up">
                    <InstallForm workspace={workspace} template={data} />
                  </Section>
                </div>
              ) : null}
            </div>
          </>
        )}
      </Loaded>
    </Page>
  )
}
