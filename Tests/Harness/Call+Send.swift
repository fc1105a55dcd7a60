import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension Call {
  /// Sends the request to a node at an address such as `http://127.0.0.1:8080`, and waits for the whole answer for no
  /// longer than `limit`.
  func send(to url: String, within limit: TimeAmount = .seconds(60)) async throws -> Reply {
    var request = HTTPClientRequest(url: url + path)
    request.method = .init(rawValue: method)
    // The authority belongs to the fingerprint: for all nodes the same, as behind a load balancer.
    request.headers = HTTPHeaders([("Host", Call.host)] + fields.map { ($0.name, $0.value) })
    if !body.isEmpty || ["POST", "PATCH", "PUT"].contains(method) {
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    let response = try await Cluster.client.execute(request, timeout: limit)
    let body = try await response.body.collect(upTo: 64 << 20)
    return Reply(
      status: Int(response.status.code), fields: response.headers.map { Field($0.name, $0.value) },
      body: Array(body.readableBytesView))
  }
}
