export type Notice = {
  readonly key: string
  readonly title: string
  readonly text: string
  /** Where people can look further. */
  readonly link?: string
}

/** What each system wants to be told a notice in. Nothing in title and text is read as mark-up, a link or a mention. */
export const MESSAGES: { readonly [kind: string]: (notice: Notice) => unknown } = {
  // https://api.slack.com/reference/surfaces/formatting#escaping: these three, and nothing else. Plain text has no mentions.
  slack: ({ title, text, link }) => ({
    text: slackText(title === '' ? text : title),
    blocks: [
      ...(title === '' ? [] : [{ type: 'header', text: { type: 'plain_text', text: cut(title, 150), emoji: false } }]),
      { type: 'section', text: { type: 'plain_text', text: cut(text, 3000), emoji: false } },
      // Plain text shows an address without making it a link.
      ...(link === undefined
        ? []
        : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `<${slackText(link)}|Open>`, verbatim: true }] }]),
    ],
  }),
  // A message with an adaptive card, as the workflow “post to a channel when a webhook request is received” takes it.
  teams: ({ title, text, link }) => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            ...(title === '' ? [] : [{ type: 'TextBlock', text: cardText(title), weight: 'Bolder', wrap: true }]),
            { type: 'TextBlock', text: cardText(text), wrap: true },
          ],
          ...(link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }] }),
        },
      },
    ],
  }),
  plain: ({ key, title, text, link }) => ({ key, title, text, ...(link === undefined ? {} : { link }) }),
}

const slackText = (text: string) =>
  cut(text, 3000).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Text blocks read Markdown; a backslash takes each sign for what it is. */
const cardText = (text: string) => cut(text, 10_000).replace(/[\\`*_{}[\]()#+\-.!<>|~]/g, '\\$&')

/** Longer notices are refused before; what is cut here is only what a system shows at most. */
const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)
