/// One thing that must be so before a worker takes requests.
struct ReadinessCheck: Sendable, Hashable, Encodable {
  /// `store`, `clock`, `configuration`, `keyspaces`, `listener`, or `keys` where tokens' keys are fetched.
  let name: String
  /// Whether it is so.
  let ok: Bool
  /// A sentence: what is missing, and what to do about it.
  var detail: String?
}
