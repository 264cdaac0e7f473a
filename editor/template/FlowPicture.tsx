import type { Flow } from '../../server/flow/document/flow.ts'
import classes from './FlowPicture.module.css'
import { pictureOf } from './picture.ts'

/** The size of a picture across a page, in pixels. */
const ROOMY = { width: 1120, height: 224 }

/**
 * The graph of a flow, small: what leads where. Screen readers get the steps as a sentence. Across a page (`roomy`) boxes
 * that are too small for their names have them below, where the graph is not so large that nobody could read them.
 */
export function FlowPicture({ flow, roomy = false }: { flow: Flow; roomy?: boolean }) {
  const { width, height, box, named, boxes, lines } = pictureOf(flow)
  const scale = Math.min(ROOMY.width / width, ROOMY.height / height)
  const below = roomy && !named && scale >= 0.8
  // As many letters as fit into the way to the next box.
  const letters = Math.floor(((box.width + 40) * scale) / 7)
  return (
    <svg className={classes.picture} viewBox={`0 0 ${width} ${height}`} role="img">
      <title>{`${flow.nodes.length} steps: ${flow.nodes.map(({ name }) => name).join(', ')}`}</title>
      {lines.map(({ id, path }) => (
        <path key={id} d={path} className={classes.line} />
      ))}
      {boxes.map(({ id, name, kind, x, y }) => (
        <g key={id} transform={`translate(${x} ${y})`} data-kind={kind} data-named={named}>
          <title>{name}</title>
          <rect width={box.width} height={box.height} rx={12} className={classes.box} />
          <rect width={8} height={box.height} rx={4} className={classes.side} />
          {named ? (
            <text x={22} y={box.height / 2} dominantBaseline="middle" className={classes.word}>
              {name.length > 24 ? `${name.slice(0, 23)}…` : name}
            </text>
          ) : null}
          {below ? (
            <text
              x={box.width / 2}
              y={box.height + 16}
              textAnchor="middle"
              className={classes.below}
              style={{ fontSize: 13 / scale }}
            >
              {name.length > letters ? `${name.slice(0, letters - 1)}…` : name}
            </text>
          ) : null}
        </g>
      ))}
    </svg>
  )
}
