// The route as the views see it, and the ways to another.
import {Cell} from './lib/cell';
import {href, parseHash, type Query, type Route} from './lib/route';

export const route = new Cell<Route>(parseHash(location.hash));

addEventListener('hashchange', () => route.set(parseHash(location.hash)));

export const go = (path: readonly string[], query: Query = {}): void => {
  location.hash = href(path, query).slice(1);
};

/** Another query of the same view: no step for the browser's "back". */
export function replace(path: readonly string[], query: Query): void {
  history.replaceState(null, '', href(path, query));
  route.set(parseHash(location.hash));
}
