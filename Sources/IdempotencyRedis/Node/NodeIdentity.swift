/// Which history a node's data has: a restart changes the first, a promotion the second.
struct NodeIdentity: Sendable, Hashable {
  let runID: String
  let replicationID: String
}
