/** Beside the state of a run whose stream of news is missing: what is shown may be two seconds old. */
export const LivePaused = () => (
  <span className="muted" title="Tieline is asked every other second instead of telling by itself.">
    Live updates paused
  </span>
)
