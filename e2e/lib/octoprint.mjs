// The real OctoPrint that scripts/octoprint.py started: asked directly, so that its word stands against the server's.
import { randomUUID } from 'node:crypto'
import { check } from './story.mjs'

async function ask(path, options = {}) {
  const headers = { 'x-api-key': octoprint.key, 'content-type': 'application/json' }
  const answer = await fetch(`${octoprint.url}${path}`, { headers, ...options })
  check(`OctoPrint answers ${path}`, answer.ok, `${answer.status}`)
  return answer
}

export const octoprint = {
  get url() {
    return process.env.IMPRIMATUR_TEST_OCTOPRINT
  },
  get key() {
    return process.env.IMPRIMATUR_TEST_OCTOPRINT_KEY
  },
  get host() {
    return new URL(this.url).host
  },

  job: async () => (await ask('/api/job')).json(),

  /**
   * Listens to OctoPrint's own events, such as PrintStarted and PrintDone. The server tidies its files up after a print,
   * so what was printed cannot be asked for later.
   */
  async watch(story) {
    const { name, session } = await (await ask('/api/login', { method: 'POST', body: '{"passive":true}' })).json()
    const socket = `/sockjs/000/${randomUUID().slice(0, 8)}`
    const stop = new AbortController()
    story.ends.push(() => stop.abort())
    const events = []
    const signIn = { method: 'POST', body: JSON.stringify([JSON.stringify({ auth: `${name}:${session}` })]) }
    let ready
    const listening = new Promise((resolve) => (ready = resolve))
    async function take(line) {
      if (line === 'o') {
        await ask(`${socket}/xhr_send`, signIn)
        ready()
      }
      if (line[0] !== 'a') return
      for (const { event } of JSON.parse(line.slice(1))) if (event) events.push({ type: event.type, file: event.payload?.name })
    }
    async function read() {
      // OctoPrint ends each answer after 128 KB and goes on in the next.
      while (!stop.signal.aborted) {
        const { body } = await ask(`${socket}/xhr_streaming`, { method: 'POST', signal: stop.signal })
        let rest = ''
        for await (const part of body.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + part).split('\n')
          rest = lines.pop()
          for (const line of lines) await take(line)
        }
      }
    }
    read().catch((error) => stop.signal.aborted || story.complaints.push(`OctoPrint's events: ${error.message}`))
    await listening
    return {
      /** The files of these events, in order. */
      files: (type) => events.filter((event) => event.type === type).map((event) => event.file),
    }
  },
}
