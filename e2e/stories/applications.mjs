// Scripts and applications that act for people: a token made, used and revoked; an application with a browser; a device without one.
import { createHash, randomBytes } from 'node:crypto'
import { look } from '../lib/look.mjs'
import { call, email, organization } from '../lib/people.mjs'
import { check, reads, sleep, until } from '../lib/story.mjs'

export const title = 'API tokens, an application with PKCE, a device, what they may and how they end'

export async function tell(story) {
  const printer = await story.printer(4)
  const server = await story.server({ printers: [printer.host] })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, [printer])
  const world = { story, url: server.url, ...people }
  await script(world)
  const client = await registers(world)
  await application(world, client)
  await device(world, client)
  await adminSees(world, client)
}

/** What a program gets, from outside of any browser. */
const api = (url, token, path, options = {}) =>
  fetch(`${url}/api/v1${path}`, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } })
const form = (url, path, parts) => fetch(`${url}${path}`, { method: 'POST', body: new URLSearchParams(parts) })

async function script({ story, url, Gus }) {
  const { page } = Gus
  await page.goto(`${url}/account`)
  await reads(page.getByTestId('own-tokens'), 'Nothing acts for you.')
  await page.getByTestId('new-token').click()
  await look(story, Gus, 'token-new')
  await page.getByTestId('token-name').fill('Label printer in room 12')
  await page.getByTestId('make-token').click()
  const token = await page.getByTestId('token-secret').inputValue()
  check('the token has its prefix', /^imp_t_[\w-]{49}$/.test(token), token.length)
  await look(story, Gus, 'token-ready')
  await page.getByRole('button', { name: 'Done' }).click()
  check('the secret is not on the page any more', !(await page.content()).includes(token))

  const answer = await api(url, token, '/printers')
  check('the token reads', answer.ok && (await answer.json()).items.length === 1, answer.status)
  const refused = await api(url, token, '/uploads', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"a.gcode","size":9}' })
  const problem = await refused.json()
  check('a token for reading does not print, and says what it lacks', refused.status === 403 && problem.scope === 'print', problem)

  await page.reload()
  await reads(page.getByTestId('token'), /Label printer in room 12.*Read.*Last used/s)
  await look(story, Gus, 'account-tokens')
  await page.getByTestId('revoke').click()
  await look(story, Gus, 'token-revoke')
  await page.getByTestId('confirm-revoke').click()
  await reads(page.getByTestId('own-tokens'), 'Nothing acts for you.')
  const dead = await api(url, token, '/printers')
  check('a revoked token gets 401', dead.status === 401, dead.status)
  check('and is told why', /error="invalid_token"/.test(dead.headers.get('www-authenticate')), dead.headers.get('www-authenticate'))
}

async function registers({ story, url, Ada }) {
  const { page } = Ada
  await page.goto(`${url}/jobs`)
  await page.getByRole('link', { name: 'Applications' }).click()
  await page.getByTestId('register').click()
  await page.getByTestId('application-name').fill('School Slicer')
  await page.getByTestId('application-uris').fill('http://school.example/back')
  await page.getByTestId('register-application').click()
  await reads(page.getByTestId('application-dialog'), 'Without TLS only 127.0.0.1')
  await page.getByTestId('application-uris').fill('http://127.0.0.1/back\norg.school.slicer:/back')
  await look(story, Ada, 'application-new')
  await page.getByTestId('register-application').click()
  const client = await page.getByTestId('client-id').inputValue()
  await page.getByRole('button', { name: 'Done' }).click()
  await reads(page.getByTestId('application'), /School Slicer.*acts for nobody/s)
  return client
}

async function application({ story, url, Mia }, client) {
  const { page } = Mia
  const verifier = randomBytes(32).toString('base64url')
  const asked = {
    response_type: 'code', client_id: client, redirect_uri: 'http://127.0.0.1:9/back', scope: 'read print', state: 'seen before',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  }
  const authorize = (other) => page.goto(`${url}/oauth/authorize?${new URLSearchParams({ ...asked, ...other })}`)
  // What must not be answered goes nowhere.
  await authorize({ redirect_uri: 'https://evil.example/back' })
  await reads(page.locator('main'), 'an address that it is not registered with')
  await authorize({ code_challenge_method: 'plain' })
  await reads(page.locator('main'), 'PKCE with code_challenge_method=S256 is needed')
  await look(story, Mia, 'consent-cannot')

  const response = await authorize({})
  check('no page may frame the question', /frame-ancestors 'none'/.test(response.headers()['content-security-policy']), response.headers())
  await reads(page.getByTestId('consent'), 'Let School Slicer act for you?')
  const text = await page.locator('main').innerText()
  check('it says as whom, where, and what', [email('Mia'), 'Harbour Lab', 'Read', 'Print', '127.0.0.1:9'].every((word) => text.includes(word)) && !text.includes('Approve'), text)
  await look(story, Mia, 'consent')
  let to
  await page.route('http://127.0.0.1:9/**', (route) => ((to = new URL(route.request().url())), route.fulfill({ body: 'back at the application' })))
  await page.getByTestId('allow').click()
  await until('the answer to arrive', () => to)
  check('state and issuer come with it', to.searchParams.get('state') === 'seen before' && to.searchParams.get('iss') === url, to.href)
  const exchange = { grant_type: 'authorization_code', client_id: client, redirect_uri: asked.redirect_uri, code_verifier: verifier }
  const answer = await form(url, '/oauth/token', { ...exchange, code: to.searchParams.get('code') })
  const tokens = await answer.json()
  check('the code becomes tokens', answer.ok && tokens.expires_in === 600 && tokens.scope === 'read print', tokens)
  check('and they work', (await api(url, tokens.access_token, '/print-jobs')).ok)

  await page.goto(`${url}/account`)
  await reads(page.getByTestId('token'), /School Slicer.*Application.*Read, Print/s)
  await page.getByTestId('revoke').click()
  await page.getByTestId('confirm-revoke').click()
  await reads(page.getByTestId('own-tokens'), 'Nothing acts for you.')
  check('it has ended', (await api(url, tokens.access_token, '/print-jobs')).status === 401)
  const again = await form(url, '/oauth/token', { grant_type: 'refresh_token', client_id: client, refresh_token: tokens.refresh_token })
  check('and is not refreshed', again.status === 400 && (await again.json()).error === 'invalid_grant')
}

async function device({ story, url, Gus }, client) {
  const { page } = Gus
  const waiting = await (await form(url, '/oauth/device', { client_id: client, scope: 'read' })).json()
  const poll = async () => (await form(url, '/oauth/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: client, device_code: waiting.device_code })).json()
  check('it waits', (await poll()).error === 'authorization_pending')
  await page.goto(`${url}/device`)
  await page.getByTestId('device-code').fill('BCDF-GHJK')
  await page.getByTestId('device-look').click()
  await reads(page.locator('main'), 'No device waits with this code')
  await look(story, Gus, 'device')
  // As from the code in a picture on the device: filled in, not sent.
  await page.goto(waiting.verification_uri_complete)
  check('the code is filled in', (await page.getByTestId('device-code').inputValue()) === waiting.user_code)
  await page.getByTestId('device-look').click()
  await reads(page.getByTestId('consent'), 'Let School Slicer act for you?')
  await reads(page.locator('main'), `shows the code ${waiting.user_code}`)
  await look(story, Gus, 'device-consent')
  await page.getByTestId('allow').click()
  await reads(page.getByTestId('device-done'), 'The device is connected')
  await look(story, Gus, 'device-done')
  await sleep(waiting.interval * 1000 + 200)
  const tokens = await poll()
  check('the device has its tokens', typeof tokens.access_token === 'string', tokens)
  check('and they work', (await api(url, tokens.access_token, '/printers')).ok)
}

async function adminSees({ story, url, Ada, Gus }, client) {
  const { page } = Ada
  await page.goto(`${url}/applications`)
  await reads(page.getByTestId('application'), /School Slicer.*acts for 1 person/s)
  await reads(page.getByTestId('token'), /School Slicer.*Acts for Gus/s)
  await look(story, Ada, 'applications')
  check('a Guest has no such page in the menu', (await Gus.page.goto(`${url}/jobs`), await Gus.page.getByRole('link', { name: 'Applications' }).count()) === 0)
  await page.getByRole('button', { name: 'Remove School Slicer' }).click()
  await reads(page.getByTestId('revoke-dialog'), 'It stops acting for 1 person at once.')
  await page.getByTestId('confirm-revoke').click()
  await reads(page.locator('main'), 'No application is registered.')
  await reads(page.locator('main'), 'Nobody has a token')
  const waiting = await form(url, '/oauth/device', { client_id: client, scope: 'read' })
  check('it does not exist any more', waiting.status === 401, waiting.status)
  check('nothing acts for Gus any more', (await call(Gus, url, 'GET', '/account/tokens')).items.length === 0)
}
