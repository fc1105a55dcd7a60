import Foundation
import IdempotencyTesting

/// What nginx is in a comparison: origin, plain proxy, and the protocol in Lua.
///
/// Each throws ``PeerSkipped`` where something is not installed.
struct NginxPeers {
  private static let installation = "apt-get install nginx libnginx-mod-http-lua lua-nginx-redis (Debian's packages)"

  /// Where nginx is; Debian's is not on everybody's PATH.
  private static var program: String? {
    let usual = "/usr/sbin/nginx"
    return ChildProcess.find("nginx") ?? (FileManager.default.isExecutableFile(atPath: usual) ? usual : nil)
  }

  /// Where each has a folder of its own.
  let directory: URL

  func origin(held: Int) async throws -> Peer {
    try await start("origin", PackageResources.origin_conf, ["held": "\(held)"], [.unguarded])
  }

  func proxy(origin: Int, processes: Int) async throws -> Peer {
    try await start(
      "nginx proxy_pass", PackageResources.proxy_conf, ["origin": "\(origin)", "processes": "\(processes)"],
      [.unguarded])
  }

  func lua(origin: Int, redis: String, processes: Int) async throws -> Peer {
    let name = "nginx + Lua"
    let modules = "/usr/lib/nginx/modules"
    let files = ["\(modules)/ngx_http_lua_module.so", "/usr/share/lua/5.1/nginx/redis.lua"]
    guard files.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) else {
      throw PeerSkipped(name: name, reason: "nginx has no Lua here", installation: Self.installation)
    }
    return try await start(
      name, PackageResources.lua_conf,
      ["origin": "\(origin)", "redis": redis, "processes": "\(processes)", "modules": modules],
      [.executed, .replayed, .inProgress, .mismatch])
  }

  private func start(
    _ name: String, _ template: [UInt8], _ values: [String: String], _ modes: Set<WorkerMode>
  ) async throws -> Peer {
    guard let nginx = Self.program else {
      throw PeerSkipped(name: name, reason: "nginx is not installed", installation: Self.installation)
    }
    let port = FreePort.find()
    var text = String(decoding: template, as: UTF8.self).replacing("{{port}}", with: "\(port)")
    for (key, value) in values { text = text.replacing("{{\(key)}}", with: value) }
    // As root, nginx would give its processes a user that may not enter this run's directory.
    if getuid() == 0 { text = "user root;\n" + text }
    let folder = directory.appending(path: name.filter(\.isLetter))
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "nginx.conf")
    try text.write(to: file, atomically: true, encoding: .utf8)
    let program = try await Program(nginx, ["-p", folder.path + "/", "-c", file.path])
    return Peer(name: name, port: port, program: program, modes: modes)
  }
}
