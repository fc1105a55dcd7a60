/// How the master is found through sentinels.
struct SentinelSettings: Sendable, Hashable {
  /// The name that the sentinels have for the master.
  var master: String
  /// The sentinels.
  var nodes: [HostAndPort]
  /// The ACL user for the sentinels themselves; nil for the default user.
  var user: String?
  /// The file that holds the sentinels' password, an absolute path; read it with ``SecretFile``.
  var passwordFile: String?
}
