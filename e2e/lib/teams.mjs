// A team for a story that is not about making teams, by the API.
import { call } from './people.mjs'

/** A team that `maker` (a Member or an Admin) makes, with these people in it; its id. */
export async function team(server, maker, name, people) {
  const made = await call(maker, server.url, 'POST', '/teams', { name })
  for (const person of people) {
    const { account } = await call(person, server.url, 'GET', '/session')
    await call(maker, server.url, 'PUT', `/teams/${made.id}/people/${account.id}`)
  }
  return made.id
}
