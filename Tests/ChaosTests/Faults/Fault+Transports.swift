import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// Faults of network and persistence once more, where workers reach Redis by TLS or by a Unix socket.
  static let transports: [Fault] = [
    carried(by: .tls, "TLS", halfOpen), carried(by: .tls, "TLS", lastWritesLost),
    carried(by: .unixSocket, "a Unix socket", halfOpen), carried(by: .unixSocket, "a Unix socket", lastWritesLost),
  ]

  private static let halfOpen = "half-open connection to Redis"
  private static let lastWritesLost = "last writes lost, away 2 s"

  private static func carried(by transport: FleetOptions.Transport, _ text: String, _ name: String) -> Fault {
    guard var fault = (network + outages).first(where: { $0.name == name }) else {
      preconditionFailure("there is no fault \(name)")
    }
    let options = fault.options
    fault.name += ", over \(text)"
    fault.choices = [.hold]
    fault.needsOwnFleet = true
    fault.options = {
      options(&$0)
      $0.transport = transport
    }
    return fault
  }
}
