import classes from './Alone.module.css'

/** Whose page it is, where nothing else says so. */
export const Mark = () => (
  <div className={classes.mark}>
    <img src="/icon.svg" alt="" width={36} height={36} />
    Tieline
  </div>
)
