package import HiredisNIO

/// The protocol's scripts, one file a verb; the source is part of this module's code.
package enum StoreScripts {
  package static let complete = load("complete", PackageResources.complete_lua)
  package static let renew = load("renew", PackageResources.renew_lua)
  package static let release = load("release", PackageResources.release_lua)
  package static let markUncertain = load("mark-uncertain", PackageResources.mark_uncertain_lua)
  package static let reclaim = load("reclaim", PackageResources.reclaim_lua)
  package static let putBack = load("put-back", PackageResources.put_back_lua)
  package static let resolve = load("resolve", PackageResources.resolve_lua)

  private static func load(_ name: String, _ source: [UInt8]) -> RedisScript {
    RedisScript(name: name, source: String(decoding: source, as: UTF8.self))
  }
}
