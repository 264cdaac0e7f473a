import type { Flow } from '../../server/flow/flow.ts'
import classes from './FlowPicture.module.css'
import { pictureOf } from './picture.ts'

/** The graph of a flow, small: what leads where. Screen readers get the steps as a sentence. */
export function FlowPicture({ flow }: { flow: Flow }) {
  const { width, height, box, named, boxes, lines } = pictureOf(flow)
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
        </g>
      ))}
    </svg>
  )
}
