// Sends Chromium through pending logins: logins.mjs APPLICATION PROVIDERS, the ports at which these listen. A proxy in front
// of them ends TLS, so that they are different sites over https. Prints each claim that holds; the first that does not ends
// it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import puppeteer from 'puppeteer-core';

const [application, providers] = process.argv.slice(2).map(Number);
const APP = 'https://app.example';
const STRANGER = 'https://stranger.example';
const UPSTREAM = { 'app.example': application, 'posting.example': providers, 'id.strict.example': providers };

function must(holds, what) {
  if (!holds) throw new Error(what);
}

// Every request of the browser, with the status that it got.
const seen = [];
let strangers = '';

execFileSync('openssl', [
  'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '2',
  '-subj', '/CN=app.example', '-addext', 'subjectAltName=DNS:app.example,DNS:posting.example,DNS:id.strict.example,DNS:stranger.example',
], { stdio: 'pipe' });

const proxy = createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }, (incoming, outgoing) => {
  const { host, ...headers } = incoming.headers;
  if (host === 'stranger.example') {
    outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    outgoing.end(`<!doctype html><title>Stranger</title>${strangers}`);
    return;
  }
  const port = UPSTREAM[host];
  const { method, url: path } = incoming;
  const upstream = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    seen.push({ host, method, path, headers, status: answer.statusCode });
    outgoing.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
});
await new Promise((listening) => proxy.listen(0, '127.0.0.1', listening));
const { port } = proxy.address();
const hosts = [...Object.keys(UPSTREAM), 'stranger.example'];
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  acceptInsecureCerts: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--ignore-certificate-errors',
    `--host-resolver-rules=${hosts.map((host) => `MAP ${host}:443 127.0.0.1:${port}`).join(', ')}`,
  ],
});

const text = (page) => page.evaluate(() => document.body?.innerText.trim() ?? '');

// Waits until something holds, through navigations.
async function until(what, holds) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await holds().catch(() => false)) return;
    await new Promise((later) => { setTimeout(later, 100); });
  }
  throw new Error(`${what} does not come true`);
}

// A tab at a provider's consent page.
async function depart(provider) {
  const page = await browser.newPage();
  await page.goto(`${APP}/connect/${provider}`);
  must(!page.url().startsWith(APP), `the browser is at the provider, not at ${page.url()}`);
  return page;
}

const callbackOf = (page) => page.$eval('#allow', ({ href }) => href);

async function allow(page, provider) {
  // A tab behind another one is not drawn, and a click waits for that.
  await page.bringToFront();
  await page.click('#allow');
  await until(`${provider} is connected (${page.url()})`, async () => (await text(page)) === `${provider} is connected`);
  must(!page.url().includes('code=') || provider !== 'posting', `no code is in ${page.url()}`);
}

async function tickets() {
  const cookies = await browser.cookies();
  const own = cookies.filter(({ name }) => name.startsWith('__Host-oauth-login-'));
  for (const { name, httpOnly, secure, sameSite } of own) {
    must(httpOnly && secure && sameSite === 'Lax', `${name} is guarded`);
  }
  return own.length;
}

// The text of a page that a link, or a form, of a stranger leads to.
async function lured(lure) {
  strangers = lure;
  const page = await browser.newPage();
  await page.goto(STRANGER);
  await page.click('#lure');
  let said = '';
  await until(`an answer to ${lure}`, async () => {
    said = await text(page);
    return page.url().startsWith(APP) && said !== '' && said !== 'Continue' && !said.startsWith('Login');
  });
  await page.close();
  return said;
}

const holds = (claim) => console.log(`${claim}: holds`);

try {
  const home = await browser.newPage();
  await home.goto(APP);

  const [one, other, third] = [await depart('strict'), await depart('strict'), await depart('posting')];
  must(await tickets() === 3, 'three logins are pending');
  const stale = await callbackOf(other);
  await allow(other, 'strict');
  await allow(third, 'posting');
  await allow(one, 'strict');
  must(await tickets() === 0, 'the cookies are cleared');
  holds('two tabs, and two providers, finish in any order');

  const pending = await depart('strict');
  const own = await callbackOf(pending);

  await one.goto(stale);
  must((await text(one)).startsWith('unknown login'), await text(one));
  holds('a stale callback finishes nothing');

  const status = await home.evaluate(async (url) => (await fetch(url, { method: 'HEAD' })).status, own);
  must(status === 204, `HEAD gets ${status}`);
  holds('a HEAD changes nothing');

  await home.evaluate((url) => {
    const link = document.createElement('link');
    Object.assign(link, { rel: 'prefetch', href: url });
    document.head.append(link);
  }, own);
  const isPrefetch = ({ headers, path }) => headers['sec-purpose']?.startsWith('prefetch') && own.endsWith(path);
  await until('a prefetch with its cookies', async () => seen.some(isPrefetch));
  const prefetch = seen.find(isPrefetch);
  must(prefetch.headers.cookie?.includes('__Host-oauth-login-'), 'the prefetch has the ticket');
  must(prefetch.status === 503, `the prefetch gets ${prefetch.status}`);
  holds('a prefetch changes nothing');

  for (const [query, words] of [
    ['?x', 'has no state'],
    ['?error=access_denied', 'it is unverified'],
    ['?code=c&state=guessed', 'unknown login'],
  ]) {
    const said = await lured(`<a id="lure" href="${APP}/callback/strict${query.replace('&', '&amp;')}">Look</a>`);
    must(said.includes(words), said);
  }
  const last = seen.findLast(({ path }) => path.includes('guessed'));
  must(last.headers.cookie?.includes('__Host-oauth-login-'), "a stranger's link has the ticket");
  holds("a stranger's link changes nothing");

  const said = await lured(`<form method="post" action="${APP}/callback/strict"><input type="hidden" name="code" value="c">`
    + '<input type="hidden" name="state" value="guessed"><input type="hidden" name="submit" value="&quot;&gt;">'
    + '<button id="lure">Look</button></form>');
  must(said.startsWith('unknown login'), said);
  holds("a stranger's form changes nothing");

  must(await tickets() === 1, 'the login is pending');
  await allow(pending, 'strict');
  must(await tickets() === 0, 'its cookie is cleared');
  holds("the user's own callback still finishes the login");

  const posting = await depart('posting');
  seen.length = 0;
  await allow(posting, 'posting');
  const posts = seen.filter(({ method, path }) => method === 'POST' && path === '/callback/posting');
  must(posts.length === 2, `${posts.length} forms were posted`);
  const [first, second] = posts.map(({ headers }) => headers);
  must(first['sec-fetch-site'] === 'cross-site' && !first.cookie, 'the first form crosses sites without cookies');
  must(second['sec-fetch-site'] === 'same-origin' && second.origin === APP, 'the second form is of the application');
  must(second.cookie.includes('__Host-session=') && second.cookie.includes('__Host-oauth-login-'), 'it has all cookies');
  must(await tickets() === 0, 'the cookie is cleared');
  holds('a form crosses sites, and no cookie does');
} finally {
  await browser.close();
  proxy.close();
}
