// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/profiles.h"

#include <fmt/format.h>

#include "resolver/base/digest.h"
#include "resolver/control/protocol.h"

namespace cenote::cli {
namespace {

using control::Json;
using engine::Designated;

constexpr std::uint16_t kTlsPort = 853;
constexpr int kIndent = 2;

/// A UUID of version 8 (RFC 9562 §5.8) from a digest: a profile that is made again takes the place of the one before.
std::string uuid_of(const std::string& text) {
    auto digest = sha256(bytes_of(text));
    digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0f) | 0x80);
    digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3f) | 0x80);
    std::string hex = to_hex(ByteView(digest).first(16));
    for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, 1, '-');
    return hex;
}

const ReachableService* usual_tls(const ReachableResolver& resolver) {
    const ReachableService* const tls = resolver.find(Designated::Tls);
    return tls != nullptr && tls->port == kTlsPort ? tls : nullptr;
}

std::string apple_addresses(const std::vector<IpAddress>& addresses) {
    std::string text;
    for (const IpAddress& ip : addresses) text += fmt::format("          <string>{}</string>\n", ip.to_string());
    return text;
}

std::string windows_commands(const ReachableResolver& resolver, const ReachableService& service) {
    std::string text;
    const bool is_https = service.protocol == Designated::Https;
    const std::string url = is_https ? doh_url(resolver, service) : std::string();
    for (const IpAddress& ip : service.addresses)
        text += is_https ? fmt::format(
                               "Add-DnsClientDohServerAddress -ServerAddress {} -DohTemplate '{}' "
                               "-AllowFallbackToUdp $False -AutoUpgrade $True\n",
                               ip.to_string(), url)
                         : fmt::format(
                               "netsh dnsclient add encryption server={} dothost={}:{} autoupgrade=yes "
                               "udpfallback=no\n",
                               ip.to_string(), resolver.name, service.port);
    return text;
}

std::string zero_trust_commands(const ReachableResolver& resolver, const ReachableService& service) {
    std::string text;
    for (const IpAddress& ip : service.addresses)
        text += fmt::format("#   netsh ztdns add server type=doh address={} port={} template={}\n", ip.to_string(),
                            service.port, doh_url(resolver, service));
    return text;
}

/// The profile around the keys of a server.
std::string apple_text(const std::string& server, const ReachableResolver& resolver,
                       const std::vector<IpAddress>& addresses) {
    return fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>DNSSettings</key>
      <dict>
        {0}
        <key>ServerAddresses</key>
        <array>
{1}        </array>
      </dict>
      <key>PayloadDisplayName</key>
      <string>DNS of {2}</string>
      <key>PayloadIdentifier</key>
      <string>{2}.dns-settings.payload</string>
      <key>PayloadType</key>
      <string>com.apple.dnsSettings.managed</string>
      <key>PayloadUUID</key>
      <string>{3}</string>
      <key>PayloadVersion</key>
      <integer>1</integer>
      <key>ProhibitDisablement</key>
      <true/>
    </dict>
  </array>
  <key>PayloadDescription</key>
  <string>Encrypted DNS by {2}</string>
  <key>PayloadDisplayName</key>
  <string>DNS of {2}</string>
  <key>PayloadIdentifier</key>
  <string>{2}.dns-settings</string>
  <key>PayloadScope</key>
  <string>System</string>
  <key>PayloadType</key>
  <string>Configuration</string>
  <key>PayloadUUID</key>
  <string>{4}</string>
  <key>PayloadVersion</key>
  <integer>1</integer>
</dict>
</plist>
)",
                       server, apple_addresses(addresses), resolver.name,
                       uuid_of("cenote dns-settings payload " + resolver.name),
                       uuid_of("cenote dns-settings profile " + resolver.name));
}

}  // namespace

Result<std::string> apple_profile(const ReachableResolver& resolver) {
    const ReachableService* const https = resolver.find(Designated::Https);
    const ReachableService* const service = https != nullptr ? https : usual_tls(resolver);
    if (service == nullptr)
        return Error{"Apple systems use DNS over TLS on port 853 alone; serve it there, or DNS over HTTPS"};
    const std::string server =
        https != nullptr ? fmt::format(
                               "<key>DNSProtocol</key>\n        <string>HTTPS</string>\n        <key>ServerURL</key>\n"
                               "        <string>{}</string>",
                               doh_url(resolver, *https))
                         : fmt::format(
                               "<key>DNSProtocol</key>\n        <string>TLS</string>\n        <key>ServerName</key>\n"
                               "        <string>{}</string>",
                               resolver.name);
    return apple_text(server, resolver, service->addresses);
}

Result<std::string> android_profile(const ReachableResolver& resolver) {
    if (usual_tls(resolver) == nullptr)
        return Error{
            "Android uses DNS over TLS on port 853, and the configuration does not serve it there; add the "
            "address to listen_tls"};
    Json policy = Json::object();
    auto& setting = policy["deviceConnectivityManagement"]["privateDnsSettings"];
    setting["privateDnsMode"] = "PRIVATE_DNS_SPECIFIED_HOST";
    setting["privateDnsHost"] = resolver.name;
    return fmt::format(
        "# Android 9 and later: Settings, Network & internet, Private DNS, Private DNS provider hostname:\n#   {}\n"
        "# Fully managed devices with Android 10 and later, in the policy of the Android Management API:\n{}\n",
        resolver.name, policy.dump(kIndent));
}

Result<std::string> windows_profile(const ReachableResolver& resolver) {
    const ReachableService* const https = resolver.find(Designated::Https);
    const ReachableService* const tls = resolver.find(Designated::Tls);
    if (https == nullptr && tls == nullptr)
        return Error{"Windows uses DNS over HTTPS or TLS, and the configuration serves neither; add listen_https"};
    std::string text = "# PowerShell, as administrator. The addresses must be the DNS servers of the client already.\n";
    if (https != nullptr)
        text += "# DNS over HTTPS without fallback: Windows 11, Windows Server 2022 and later\n" +
                windows_commands(resolver, *https);
    else
        text +=
            "# DNS over TLS: versions of Windows 11 whose 'netsh dnsclient add encryption' has dothost\n"
            "netsh dnsclient set global dot=yes\n" +
            windows_commands(resolver, *tls);
    text +=
        "# To refuse names that would be asked without encryption, as the group policy 'Configure encrypted name "
        "resolution' does\n# with 'Require encryption':\n"
        "#   reg add 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient' /v DoHPolicy /t REG_DWORD /d 3 /f\n";
    if (https != nullptr)
        text +=
            "# Zero Trust DNS (Windows 11 Enterprise and Education), which lets traffic out only to addresses that "
            "this resolver\n# gave; begin with the audit, which blocks nothing:\n" +
            zero_trust_commands(resolver, *https) + "#   netsh ztdns set state enable=yes audit=yes\n";
    return text;
}

Result<std::string> chrome_profile(const ReachableResolver& resolver) {
    const ReachableService* const https = resolver.find(Designated::Https);
    Json policies = Json::object();
    policies["DnsOverHttpsMode"] = https != nullptr ? "secure" : "off";
    if (https != nullptr) policies["DnsOverHttpsTemplates"] = doh_url(resolver, *https);
    return policies.dump(kIndent) + "\n";
}

Result<std::string> firefox_profile(const ReachableResolver& resolver) {
    const ReachableService* const https = resolver.find(Designated::Https);
    Json policies = Json::object();
    auto& setting = policies["policies"]["DNSOverHTTPS"];
    setting["Enabled"] = https != nullptr;
    setting["Locked"] = true;
    if (https != nullptr) {
        setting["ProviderURL"] = doh_url(resolver, *https);
        setting["Fallback"] = false;
    }
    return policies.dump(kIndent) + "\n";
}

}  // namespace cenote::cli
