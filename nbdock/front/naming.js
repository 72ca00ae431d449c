// Names of images as people type them. The back end decides what is valid; this only tells words from names.

const HOST = /^(localhost|[^/\s]*[.:][^/\s]*)\/\S/; // as in docker: a point or a port, or localhost
const WORD = /^[a-z0-9]+([._/-]+[a-z0-9]+)*$/;

// The registry that a name begins with; "" is Docker Hub.
export function registryOf(name) {
  const host = HOST.test(name) ? name.slice(0, name.indexOf("/")) : "";
  return ["docker.io", "index.docker.io"].includes(host) ? "" : host;
}

// A name's parts: `repository` with its registry, and `tag` and `digest`, "" where they are absent.
export function partsOf(name) {
  const [before, digest = ""] = name.split("@");
  const colon = before.indexOf(":", before.lastIndexOf("/") + 1);
  return colon < 0 ? { repository: before, tag: "", digest } : { repository: before.slice(0, colon), tag: before.slice(colon + 1), digest };
}

// Whether this names one image or repository: a search for it would be in vain.
export function goesStraight(text) {
  if (/\s/.test(text)) return false;
  const { repository, tag, digest } = partsOf(text);
  return Boolean(repository && (tag || digest)) || HOST.test(text);
}

// Whether words could be the name of a repository, too.
export function couldBeName(text) {
  return WORD.test(text);
}

export function joined({ repository, tag, digest }) {
  return digest ? `${repository}@${digest}` : tag ? `${repository}:${tag}` : repository;
}

// What a registry is called.
export function registryName(registry) {
  return ["", "docker.io"].includes(registry) ? "Docker Hub" : registry;
}
