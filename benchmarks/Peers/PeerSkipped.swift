/// Why a peer is left out, and how to have it.
struct PeerSkipped: Error, CustomStringConvertible {
  let name: String
  let reason: String
  let installation: String

  var description: String { "\(name) is left out: \(reason). To have it: \(installation)" }
}
