import { type ReactNode, useEffect } from 'react'
import { sayZone } from '../format/time.ts'
import classes from './Page.module.css'

/**
 * The frame of a page: where it is, its name, a sentence about it, what can be done. `reading` keeps lines short;
 * tables and traces take the whole width.
 */
export function Page(props: {
  title: string
  /** Leads back up; a link. */
  above?: ReactNode
  beside?: ReactNode
  sentence?: ReactNode
  actions?: ReactNode
  reading?: boolean
  children: ReactNode
}) {
  useEffect(() => {
    document.title = `${props.title} · Tieline`
  }, [props.title])
  return (
    <div className={classes.page} data-reading={props.reading || undefined}>
      <header className={classes.header}>
        <div className={classes.naming}>
          {props.above ? <div className={classes.above}>{props.above}</div> : null}
          <div className={classes.title}>
            <h1>{props.title}</h1>
            {props.beside}
          </div>
          {props.sentence ? <div className={classes.sentence}>{props.sentence}</div> : null}
        </div>
        {props.actions ? <div className={classes.actions}>{props.actions}</div> : null}
      </header>
      {props.children}
      <footer className={classes.zone}>Times by the clock of {sayZone(new Date())}</footer>
    </div>
  )
}

/** A part of a page with a heading of its own. */
export function Section(props: { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={props.title}>
      <div className={classes.heading}>
        <div>
          <h2>{props.title}</h2>
          {props.note ? <p className="muted">{props.note}</p> : null}
        </div>
        {props.actions}
      </div>
      {props.children}
    </section>
  )
}

/** A white card for a few facts, or, no wider than is read at a glance, for a `form` of one field below the other. */
export const Card = ({ children, form = false }: { children: ReactNode; form?: boolean }) => (
  <div className={classes.card} data-card="" data-form={form || undefined}>
    {children}
  </div>
)
