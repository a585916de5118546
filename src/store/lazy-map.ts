/** A map whose values are made when they are asked for, each once. What `make` throws comes out of whoever asks. */
export function createLazyMap<K, V>(makers: ReadonlyMap<K, () => V>): ReadonlyMap<K, V> {
  const made = new Map<K, V>();
  const get = (key: K): V | undefined => {
    if (made.has(key)) return made.get(key);
    const make = makers.get(key);
    if (make === undefined) return undefined;
    const value = make();
    made.set(key, value);
    return value;
  };
  const entries = function* (): MapIterator<[K, V]> {
    for (const key of makers.keys()) yield [key, get(key)!];
  };
  const values = function* (): MapIterator<V> {
    for (const [, value] of entries()) yield value;
  };
  const map: ReadonlyMap<K, V> = {
    get,
    has: (key) => makers.has(key),
    keys: () => makers.keys(),
    values,
    entries,
    [Symbol.iterator]: entries,
    get size() {
      return makers.size;
    },
    forEach: (callback, self) => {
      for (const [key, value] of entries()) callback.call(self, value, key, map);
    },
  };
  return map;
}
