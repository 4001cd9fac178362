import HTTPTypes
import Hummingbird

/// The stylesheet, the script and the icons, compiled into the program.
struct Assets: Sendable {
    /// A file as it is served.
    struct Asset: Sendable {
        let name: String
        let type: String
        let bytes: [UInt8]

        /// Changes with the content.
        let version: String

        init(_ name: String, type: String, bytes: [UInt8]) {
            self.name = name
            self.type = type
            self.bytes = bytes
            version = Assets.fingerprint(bytes)
        }

        var url: String { Paths.asset(name, version: version) }
    }

    /// FNV-1a, 64 bits: two versions of what we serve must differ, and nobody gains by making them not.
    static func fingerprint(_ bytes: [UInt8]) -> String {
        String(bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
    }

    /// One file for the browser, several for us; the first names the order of the layers.
    let stylesheet = Asset(
        "prikke.css", type: "text/css; charset=utf-8",
        bytes: plain(
            PackageResources.tokens_css + PackageResources.base_css + PackageResources.layout_css + PackageResources.components_css
                + PackageResources.lists_css + PackageResources.jobform_css + PackageResources.execution_css + PackageResources.public_css)
    )

    /// Makes pages live; they are whole without it.
    let script = Asset(
        "app.js", type: "text/javascript; charset=utf-8",
        bytes: plain(PackageResources.live_js + PackageResources.keys_js + PackageResources.forms_js))

    /// Without the lines that are comments, and without what indents the others: that is for who reads the source. No text of ours
    /// goes over several lines.
    private static func plain(_ source: [UInt8]) -> [UInt8] {
        source.split(separator: UInt8(ascii: "\n")).map { $0.drop { $0 == UInt8(ascii: " ") } }
            .filter { !$0.starts(with: "//".utf8) && !($0.starts(with: "/*".utf8) && $0.suffix(2).elementsEqual("*/".utf8)) }
            .flatMap { $0 + [UInt8(ascii: "\n")] }
    }

    let icon = Asset("favicon.svg", type: "image/svg+xml; charset=utf-8", bytes: PackageResources.favicon_svg)
    /// While something fails.
    let alarmIcon = Asset("favicon-alarm.svg", type: "image/svg+xml; charset=utf-8", bytes: PackageResources.favicon_alarm_svg)

    func icon(hasAlarm: Bool) -> String { hasAlarm ? alarmIcon.url : icon.url }
    /// What stands for a page where somebody passes its address on; made by scripts/social-card.
    let socialCard = Asset("social-card.png", type: "image/png", bytes: PackageResources.social_card_png)

    /// Kept for ever where the address names the version, else asked for again; 304 where the browser has it.
    func response(to request: Request, name: String?) throws(Problem) -> Response {
        guard let asset = [stylesheet, script, icon, alarmIcon, socialCard].first(where: { $0.name == name }) else { throw .notFound }
        let isCurrent = request.uri.query == "v=\(asset.version)"
        let tag = "\"\(asset.version)\""
        let headers: HTTPFields = [
            .contentType: asset.type, .eTag: tag, .cacheControl: isCurrent ? "public, max-age=31536000, immutable" : "public, no-cache",
        ]
        if try EntityTags(.ifNoneMatch, in: request.headers)?.contain(tag, weakly: true) == true {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
    }
}
