// Builds static/dist: styles, scripts, fonts and images, each under a name that carries the hash of
// its content, and manifest.json which maps the plain name to that file. Run by `npm run build`.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import * as sass from 'sass'

const src = dirname(fileURLToPath(import.meta.url))
const root = resolve(src, '../..')
const modules = join(root, 'node_modules')
const dist = join(root, 'static/dist')
const fresh = `${dist}.new`
const manifest = {}

function write(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12)
  const dot = name.lastIndexOf('.')
  const hashed = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`
  const path = join(fresh, hashed)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  // Packed once here rather than at each request; fonts are packed already.
  if (/\.(css|js|svg)$/.test(name)) writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
  manifest[name] = hashed
}

// Fonts: woff2 for pages; the same outlines as woff too, for programs that read no woff2
const fontFiles = join(modules, '@fontsource/source-sans-3/files')
for (const subset of ['latin', 'latin-ext']) {
  for (const weight of [400, 600, 700]) {
    for (const kind of ['woff2', 'woff']) {
      const file = `source-sans-3-${subset}-${weight}-normal.${kind}`
      write(`fonts/source-sans-3-${subset}-${weight}.${kind}`, readFileSync(join(fontFiles, file)))
    }
  }
}
write('fonts/source-sans-3-licence.txt', readFileSync(join(modules, '@fontsource/source-sans-3/LICENSE')))
// Other letters, for the survey of workers: 400 on its pages, 600 on its printed poster
for (const [family, subset] of [['noto-naskh-arabic', 'arabic'], ['noto-sans-bengali', 'bengali']]) {
  const folder = join(modules, '@fontsource', family)
  for (const weight of [400, 600]) {
    write(`fonts/${family}-${subset}-${weight}.woff2`, readFileSync(join(folder, `files/${family}-${subset}-${weight}-normal.woff2`)))
  }
  write(`fonts/${family}-licence.txt`, readFileSync(join(folder, 'LICENSE')))
}

for (const image of readdirSync(join(src, 'images'))) {
  write(image, readFileSync(join(src, 'images', image)))
}

// Styles: "asset:NAME" in a url() becomes the hashed file beside the style sheet
const { css } = sass.compile(join(src, 'scss/app.scss'), {
  style: 'compressed',
  loadPaths: [join(modules, 'govuk-frontend/dist')],
  quietDeps: true
})
const linked = css.replace(/asset:([\w./-]+)/g, (whole, name) => {
  if (!manifest[name]) throw new Error(`The style sheet wants ${name}, which nothing builds`)
  return manifest[name]
})
for (const word of ['GDS Transport', 'crown', 'crest']) {
  if (linked.includes(word)) throw new Error(`The style sheet must carry no trace of "${word}"`)
}
write('app.css', linked)

// Scripts: plain modules; an import of './x.js' is pointed at the hashed file
write('govuk-frontend.js', readFileSync(join(modules, 'govuk-frontend/dist/govuk/govuk-frontend.min.js'), 'utf8')
  .replace(/\n?\/\/# sourceMappingURL=.*$/m, ''))
for (const script of ['autocomplete.js', 'autosave.js', 'poll.js', 'duplicates.js', 'app.js']) {
  const text = readFileSync(join(src, 'js', script), 'utf8')
  write(script, text.replace(/from '\.\/([\w-]+\.js)'/g, (whole, name) => {
    if (!manifest[name]) throw new Error(`${script} imports ${name}, which is not built before it`)
    return `from './${manifest[name]}'`
  }))
}

writeFileSync(join(fresh, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n')
rmSync(dist, { recursive: true, force: true })
renameSync(fresh, dist)
console.log(`Built ${Object.keys(manifest).length} files into static/dist`)
