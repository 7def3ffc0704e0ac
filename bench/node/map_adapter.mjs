// An in-memory adapter without bookkeeping: one Map for everything, nothing scanned, nothing evicted.
//
// The adapter that the package bundles walks every token of a grant whenever it stores one, which
// would charge the peer for its development store. This one is the fastest store there can be.

const stored = new Map();
const sessionByUid = new Map();

export default class MapAdapter {
  constructor(model) {
    this.prefix = `${model}:`;
    this.isSession = model === 'Session';
  }

  async upsert(id, payload) {
    if (this.isSession) sessionByUid.set(payload.uid, id);
    stored.set(this.prefix + id, payload);
  }

  async find(id) {
    return stored.get(this.prefix + id);
  }

  async findByUid(uid) {
    return this.find(sessionByUid.get(uid));
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    stored.get(this.prefix + id).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    stored.delete(this.prefix + id);
  }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of stored) {
      if (payload.grantId === grantId) stored.delete(key);
    }
  }
}
