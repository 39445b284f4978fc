// SPDX-License-Identifier: Apache-2.0
//
// Broken configurations, each with the error line that it must produce.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/config/sections.h"

namespace cenote::config {
namespace {

struct Broken {
    const char* name;
    const char* text;
    const char* line;  // "LINE:COL: what is wrong; what to do", at least its beginning
};

// Each has one mistake.
const Broken kBroken[] = {
    {"Syntax", "[server\nworkers = 1\n", "1:8: "},
    {"SyntaxLater", "[server]\nworkers = \n", "2:11: "},
    {"UnknownSection", "[upstrem]\nservers = []\n", "1:2: unknown key 'upstrem'; did you mean 'upstream'?"},
    {"UnknownKey", "[server]\nlissten = []\n", "2:1: unknown key 'lissten'; did you mean 'listen'?"},
    {"UnknownKeyInList", "[[list]]\nid = \"a\"\nsource = \"/a\"\nformt = \"hosts\"\n",
     "4:1: unknown key 'formt'; did you mean 'format'?"},
    {"WrongType", "[server]\nworkers = \"two\"\n", "2:11: 'workers' is a text; write a whole number"},
    {"SectionIsAValue", "server = 1\n", "1:10: 'server' is "},
    {"TableInsteadOfTables", "[group]\nid = \"a\"\n", "1:1: 'group' is a table; write tables of their own: [[group]]"},
    {"ListenEmpty", "[server]\nlisten = []\n", "2:10: 'listen' is empty"},
    {"ListenNoAddress", "[server]\nlisten = [\"127.0.0.1:53\",\n          \"localhost:53\"]\n",
     "3:11: 'localhost:53' is not an address to listen on"},
    {"ListenTwice", "[server]\nlisten = [\"127.0.0.1\", \"127.0.0.1:53\"]\n", "2:24: '127.0.0.1:53' is listed twice"},
    {"NodeNoName", "[server]\nnode = \"dns 1..x\"\n", "2:8: 'dns 1..x' is not a domain name"},
    {"AllowFromBits", "[server]\nallow_from = [\"10.0.0.1/8\"]\n", "2:15: '10.0.0.1/8' is not an address prefix"},
    {"Workers", "[server]\nworkers = -1\n", "2:11: 'workers' is -1; write a whole number from 0 to 1024"},
    {"Timezone", "[server]\ntimezone = \"Asia/Soul\"\n", "2:12: 'Asia/Soul' is not a time zone of this host"},
    {"TimezonePath", "[server]\ntimezone = \"../../etc/passwd\"\n", "2:12: '../../etc/passwd' is not a time zone"},
    {"WithoutSet", "[server]\nwithout_set = \"block\"\n",
     "2:15: 'without_set' is 'block'; write one of servfail, forward"},
    {"ProxiesNoPrefix", "[server]\nproxies = [\"dns.example\"]\n", "2:12: 'dns.example' is not an address prefix"},
    {"XdpAddress", "[server]\nxdp = [\"eth0\", \"10.0.0.1/24\"]\n",
     "2:16: '10.0.0.1/24' is not the name of an interface"},
    {"XdpTwice", "[server]\nxdp = [\"eth0\", \"eth0\"]\n", "2:16: 'eth0' is listed twice"},
    {"XdpMode", "[server]\nxdp_mode = \"native\"\n", "2:12: 'xdp_mode' is 'native'; write one of auto, copy, generic"},
    {"ProxiesAll", "[server]\nproxies = [\"::/0\"]\n", "2:11: a prefix of length 0 makes a proxy of every client"},
    {"H2cWithoutProxies", "[server]\nlisten_h2c = [\"127.0.0.1:8443\"]\n",
     "2:14: 'listen_h2c' is served to proxies alone; name their prefixes as 'proxies'"},
    {"HttpsWithoutCertificate", "[server]\nlisten_https = [\"127.0.0.1\"]\n",
     "2:16: 'listen_https' needs a certificate"},
    {"HttpsOnThePortOfTls",
     "[server]\nlisten_tls = [\"127.0.0.1:853\"]\nlisten_https = [\"127.0.0.1:853\"]\n"
     "[server.tls]\ncertificate = \"a\"\nkey = \"b\"\n",
     "3:17: '127.0.0.1:853' is listed twice"},
    {"RateTooHigh", "[limits]\nrate = 1000001\n", "2:8: 'rate' "},
    {"RateBelowZero", "[limits]\nrate = -1\n", "2:8: 'rate' "},
    {"QuicOnThePortOfUdp",
     "[server]\nlisten = [\"127.0.0.1:853\"]\nlisten_quic = [\"127.0.0.1:853\"]\n"
     "[server.tls]\ncertificate = \"a\"\nkey = \"b\"\n",
     "3:16: '127.0.0.1:853' is listed twice"},
    {"QuicWithoutCertificate", "[server]\nlisten_quic = [\"127.0.0.1\"]\n", "2:15: 'listen_quic' needs a certificate"},
    {"QuicAsksForNoCertificate",
     "[server]\nlisten_quic = [\"127.0.0.1\"]\n[server.tls]\ncertificate = \"a\"\nkey = \"b\"\n"
     "client_ca = \"c\"\nclient_certificates = \"required\"\n",
     "2:15: clients are asked for no certificate over QUIC"},
    {"CookieSecretMissing", "[limits]\ncookie_secret_file = \"/k\"\n", "2:22: cannot read /k"},
    {"CookieSecretWithoutCookies", "[limits]\ncookies = false\ncookie_secret_file = \"/k\"\n",
     "3:22: the secret is of no use while 'cookies' is false"},
    {"CookiesRequiredWithoutCookies", "[limits]\ncookies = false\nrequire_cookies = true\n",
     "3:19: no client gets a cookie while 'cookies' is false"},
    {"InfoUrl", "[server.tls]\ninfo_url = \"http://intranet.agency.example/dns\"\n",
     "2:12: 'http://intranet.agency.example/dns' is not the address of a page for clients, which must begin with "
     "https://"},
    {"InfoUrlWithABlank", "[server.tls]\ninfo_url = \"https://a.example/a b\"\n",
     "2:12: 'https://a.example/a b' is not"},
    {"AnswerMode", "[sinkhole]\nanswer = \"nxdomian\"\n", "2:10: 'answer' is 'nxdomian'; write one of null, nodata"},
    {"AddressMissing", "[sinkhole]\nanswer = \"address\"\n", "2:10: 'address' needs an address"},
    {"CnameMissing", "[sinkhole]\nanswer = \"cname\"\n", "2:10: 'cname' needs a name"},
    {"AddressFamily", "[sinkhole]\nipv4 = \"2001:db8::80\"\n", "2:8: '2001:db8::80' is not an IPv4 address"},
    {"SinkholeTtl", "[sinkhole]\nttl = \"30\"\n", "2:7: 'ttl': "},
    {"TtlInParts", "[sinkhole]\nttl = \"1500ms\"\n", "2:7: 'ttl' is 1500ms; write whole seconds"},
    {"ServersEmpty", "[upstream]\nservers = []\n", "2:11: 'servers' names no server"},
    {"ServerNoAddress", "[upstream]\nservers = [\"dns.example\"]\n", "2:12: 'dns.example' is no server"},
    {"TlsWithoutName", "[upstream]\nservers = [\"tls://9.9.9.9\"]\n",
     "2:12: 'tls://9.9.9.9' is no server; write tls://"},
    {"HttpsAlone", "[upstream]\nservers = [\"https://\"]\n",
     "2:12: 'https://' is no server; write https://IP[:PORT]/PATH#NAME, where NAME is what its certificate is checked"},
    {"HttpsWithoutName", "[upstream]\nservers = [\"https://9.9.9.9/dns-query\"]\n",
     "2:12: 'https://9.9.9.9/dns-query' is no server; write https://IP[:PORT]/PATH#NAME"},
    {"HttpsWithAnEmptyName", "[upstream]\nservers = [\"https://9.9.9.9/dns-query#\"]\n",
     "2:12: 'https://9.9.9.9/dns-query#' is no server; write https://IP[:PORT]/PATH#NAME"},
    {"HttpsWithoutPath", "[upstream]\nservers = [\"9.9.9.9\", \"https://9.9.9.9#dns.quad9.net\"]\n",
     "2:23: 'https://9.9.9.9#dns.quad9.net' has no path; most servers have /dns-query"},
    {"HttpsByName", "[upstream]\nservers = [\"https://dns.quad9.net:443/dns-query\"]\n",
     "2:12: 'https://dns.quad9.net:443/dns-query' has a name in the place of its address, which would have to be "
     "resolved "
     "first; write https://IP/dns-query#dns.quad9.net"},
    {"HttpsByNameWithName", "[upstream]\nservers = [\"https://dns.quad9.net#other.example\"]\n",
     "2:12: 'https://dns.quad9.net#other.example' has a name in the place of its address, which would have to be "
     "resolved "
     "first; write https://IP/dns-query#other.example"},
    {"HttpsTemplate", "[upstream]\nservers = [\"https://9.9.9.9/dns-query{?dns}#dns.quad9.net\"]\n",
     "2:12: 'https://9.9.9.9/dns-query{?dns}#dns.quad9.net' has a template as path; leave out the part in braces"},
    {"HttpsBlankInPath", "[upstream]\nservers = [\"https://9.9.9.9/dns query#dns.quad9.net\"]\n",
     "2:12: 'https://9.9.9.9/dns query#dns.quad9.net' has a character in its path that a URI may not have there"},
    {"HttpsEscape", "[upstream]\nservers = [\"https://9.9.9.9/a%7#dns.quad9.net\"]\n",
     "2:12: 'https://9.9.9.9/a%7#dns.quad9.net' has a character in its path that a URI may not have there"},
    {"HttpsPort", "[upstream]\nservers = [\"https://9.9.9.9:0/dns-query#dns.quad9.net\"]\n",
     "2:12: 'https://9.9.9.9:0/dns-query#dns.quad9.net' is no server; write https://"},
    {"HttpsAddress", "[upstream]\nservers = [\"https://9.9.9.999/dns-query#dns.quad9.net\"]\n",
     "2:12: 'https://9.9.9.999/dns-query#dns.quad9.net' is no server; write https://"},
    {"HttpsName", "[upstream]\nservers = [\"https://9.9.9.9/dns-query#a b\"]\n", "2:12: 'a b' is not a domain name"},
    {"HttpsUnspecified", "[upstream]\nservers = [\"https://0.0.0.0/dns-query#dns.example\"]\n",
     "2:12: 'https://0.0.0.0/dns-query#dns.example' is no destination"},
    {"HttpsTwice", "[upstream]\nservers = [\"https://9.9.9.9/a#dns.example\", \"https://9.9.9.9:443/a#dns.example\"]\n",
     "2:45: 'https://9.9.9.9:443/a#dns.example' is listed twice"},
    {"HttpsInRoute", "[[upstream.route]]\nzone = \"agency.example\"\nservers = [\"https://10.0.0.53\"]\n",
     "3:12: 'https://10.0.0.53' is no server; write https://"},
    {"HttpScheme", "[upstream]\nservers = [\"http://9.9.9.9/dns-query\"]\n",
     "2:12: 'http://9.9.9.9/dns-query' is no server; write IP, IP:PORT, [IPv6]:PORT, tls://IP[:PORT]#NAME, https://"},
    {"HttpsRing",
     "[server]\nlisten_https = [\"127.0.0.1\"]\n[server.tls]\ncertificate = \"a\"\nkey = \"b\"\n"
     "[upstream]\nservers = [\"https://127.0.0.1/dns-query#dns.example\"]\n",
     "7:12: 'https://127.0.0.1/dns-query#dns.example' is a listen address of this server"},
    {"ServerTwice", "[upstream]\nservers = [\"9.9.9.9\", \"9.9.9.9:53\"]\n", "2:23: '9.9.9.9:53' is listed twice"},
    {"Ring", "[upstream]\nservers = [\"127.0.0.1\"]\n", "2:12: '127.0.0.1' is a listen address of this server"},
    {"RingByWildcard", "[server]\nlisten = [\"0.0.0.0:5353\"]\n[upstream]\nservers = [\"127.0.0.5:5353\"]\n",
     "4:12: '127.0.0.5:5353' is a listen address of this server"},
    {"RingByRoute", "[[upstream.route]]\nzone = \"agency.example\"\nservers = [\"[::1]\"]\n",
     "3:12: '[::1]' is a listen address of this server"},
    {"ServerUnspecified", "[upstream]\nservers = [\"0.0.0.0:5353\"]\n", "2:12: '0.0.0.0:5353' is no destination"},
    {"ServerUnspecifiedV6", "[upstream]\nservers = [\"::\"]\n", "2:12: '::' is no destination"},
    {"ServerUnspecifiedMapped", "[upstream]\nservers = [\"::ffff:0.0.0.0\"]\n",
     "2:12: '::ffff:0.0.0.0' is no destination"},
    {"ServerUnspecifiedTls", "[upstream]\nservers = [\"tls://0.0.0.0#dns.example\"]\n",
     "2:12: 'tls://0.0.0.0#dns.example' is no destination"},
    {"ServerBroadcast", "[upstream]\nservers = [\"255.255.255.255\"]\n",
     "2:12: '255.255.255.255' is not the address of one server"},
    {"ServerMulticast", "[upstream]\nservers = [\"ff02::fb\"]\n", "2:12: 'ff02::fb' is not the address of one server"},
    {"ServerWithoutZoneIndex", "[upstream]\nservers = [\"fe80::1\"]\n",
     "2:12: 'fe80::1' is a link-local address, which means nothing without its link; add the interface"},
    {"RouteWithoutZoneIndex", "[[upstream.route]]\nzone = \"agency.example\"\nservers = [\"[fe80::1]:53\"]\n",
     "3:12: '[fe80::1]:53' is a link-local address"},
    {"PrimaryWithoutZoneIndex", "[[list]]\nid = \"a\"\nsource = \"axfr://[fe80::1]:53/rpz.example\"\n",
     "3:10: 'axfr://[fe80::1]:53/rpz.example' is a link-local address"},
    {"NotifyUnspecified", "[[serve_rpz]]\nzone = \"rpz.example\"\nnotify = [\"0.0.0.0\"]\n",
     "3:11: '0.0.0.0' is no destination"},
    {"ListenWithoutZoneIndex", "[server]\nlisten = [\"[fe80::1]:53\"]\n",
     "2:11: '[fe80::1]:53' is a link-local address"},
    {"Strategy", "[upstream]\nstrategy = \"random\"\n", "2:12: 'strategy' is 'random'; write one of fastest, ordered"},
    {"Timeout", "[upstream]\ntimeout = \"1m\"\n", "2:11: 'timeout' is 1m; write 100ms to 2500ms"},
    {"RouteWithoutZone", "[[upstream.route]]\nservers = [\"10.0.0.53\"]\n", "1:1: 'zone' is missing"},
    {"RouteTwice",
     "[[upstream.route]]\nzone = \"a.example\"\nservers = [\"10.0.0.53\"]\n"
     "[[upstream.route]]\nzone = \"A.example.\"\nservers = [\"10.0.0.54\"]\n",
     "5:8: zone 'A.example.' has two routes"},
    {"CacheSize", "[cache]\nsize = \"1KiB\"\n", "2:8: 'size' must be 1MiB to 1024GiB"},
    {"CacheSizeUnit", "[cache]\nsize = \"128MB\"\n", "2:8: 'size': "},
    {"CacheTtls", "[cache]\nmin_ttl = \"2h\"\nmax_ttl = \"1h\"\n", "2:11: 'min_ttl' is above 'max_ttl'"},
    {"NegativeTtl", "[cache]\nnegative_max_ttl = \"4h\"\n", "2:20: 'negative_max_ttl' is 4h; write 0s to 3h"},
    {"LocalType", "[[local]]\nname = \"a.example\"\ntype = \"AA\"\nvalue = \"10.0.0.1\"\n",
     "3:8: 'AA' is not a type of record"},
    {"LocalMetaType", "[[local]]\nname = \"a.example\"\ntype = \"ANY\"\nvalue = \"10.0.0.1\"\n",
     "3:8: 'ANY' is not a type of record"},
    {"LocalValue", "[[local]]\nname = \"a.example\"\ntype = \"A\"\nvalue = \"10.0.0\"\n",
     "4:9: '10.0.0' is not the value of a record of type A"},
    {"LocalBesideCname",
     "[[local]]\nname = \"a.example\"\ntype = \"A\"\nvalue = \"10.0.0.1\"\n"
     "[[local]]\nname = \"A.example\"\ntype = \"CNAME\"\nvalue = \"b.example.\"\n",
     "7:8: 'A.example' has a CNAME, which must be its only record"},
    {"ListWithoutSource", "[[list]]\nid = \"extra\"\n", "1:1: 'source' is missing"},
    {"ListWithoutId", "[[list]]\nsource = \"/a\"\n", "1:1: 'id' is missing"},
    {"ListTwice", "[[list]]\nid = \"a\"\nsource = \"/a\"\n[[list]]\nid = \"a\"\nsource = \"/b\"\n",
     "5:6: list 'a' is there already, in line 1"},
    {"ListFormat", "[[list]]\nid = \"a\"\nsource = \"/a\"\nformat = \"host\"\n",
     "4:10: 'format' is 'host'; write one of auto, hosts"},
    {"ListScheme", "[[list]]\nid = \"a\"\nsource = \"ftp://a.example/list\"\n", "3:10: 'ftp://' is not known"},
    {"ListByTransfer", "[[list]]\nid = \"a\"\nsource = \"axfr://primary/rpz.example\"\n",
     "3:10: 'axfr://primary/rpz.example' is no zone; write it as in axfr://192.0.2.53:53/rpz.nation.example"},
    {"ListTsigUnknown", "[[list]]\nid = \"a\"\nsource = \"axfr://192.0.2.53/rpz.example\"\ntsig = \"k\"\n",
     "4:8: there is no [[tsig]] with the name 'k'"},
    {"ListKey", "[[list]]\nid = \"a\"\nsource = \"/a\"\nkey = \"RWQ\"\n", "4:7: this is no minisign public key"},
    {"ListTsig", "[[list]]\nid = \"a\"\nsource = \"/a\"\ntsig = \"k\"\n",
     "4:8: 'tsig' signs zone transfers; the source of this list is none"},
    {"Tsig", "[[tsig]]\nname = \"k\"\nalgorithm = \"hmac-sha256\"\nsecret_file = \"/k\"\n", "4:15: cannot read /k"},
    {"ServeRpz", "[[serve_rpz]]\nzone = \"rpz.example\"\n", "1:1: no client may transfer this zone"},
    {"ServeRpzGroup", "[[serve_rpz]]\nzone = \"rpz.example\"\ngroup = \"nobody\"\nnotify = [\"192.0.2.1\"]\n",
     "3:9: unknown group 'nobody'"},
    {"ServeRpzNotify", "[[serve_rpz]]\nzone = \"rpz.example\"\nnotify = [\"here\"]\n",
     "3:11: 'here' is not an address"},
    {"IdWithBlank", "[[group]]\nid = \"a b\"\nclients = [\"10.0.0.0/8\"]\n", "2:6: 'a b' is not an id"},
    {"GroupWithoutClients", "[[group]]\nid = \"a\"\n", "1:1: 'clients' is missing"},
    {"GroupLanguage", "[[group]]\nid = \"a\"\nclients = [\"10.0.0.0/8\"]\nlanguage = \"k_o\"\n",
     "4:12: 'k_o' is not a language"},
    {"DirectiveWithoutStep", "[[directive]]\nid = \"d\"\ntargets = [\"service:*\"]\n", "1:1: 'step' is missing"},
    {"DirectiveWithoutTargets", "[[directive]]\nid = \"d\"\nstep = \"block\"\n", "1:1: 'targets' is missing or empty"},
    {"TargetKind", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\", \"site:x\"]\n",
     "4:25: 'site:x' is not a target"},
    {"TargetName", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"domain:a..b\"]\n",
     "4:12: 'a..b' is not a domain name"},
    {"TargetRule", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"domain:||z.example^\"]\n",
     "4:12: '||z.example^' is not a domain name: '|' does not belong there; write the name alone, as in z.example"},
    {"TargetMail", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"domain:a@b.example\"]\n",
     "4:12: 'a@b.example' is not a domain name"},
    {"TargetIsAnAddress", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"domain:192.0.2.0/24\"]\n",
     "4:12: 'domain:192.0.2.0/24' names an address; write address:192.0.2.0/24"},
    {"TargetWithoutKind", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"https://y.example.com/a\"]\n",
     "4:12: 'https://y.example.com/a' is not a target; for a name and all below it write domain:y.example.com"},
    {"ProtectMiddleStar", "[blocklist]\nprotect = [\"a.*.example\"]\n", "2:12: 'a.*.example' is not a domain name"},
    {"ProtectAddress", "[blocklist]\nprotect = [\"192.0.2.1\"]\n", "2:12: '192.0.2.1' is an address"},
    {"CnameStar", "[sinkhole]\ncname = \"*.x.example\"\n", "2:9: '*.x.example' is not a domain name"},
    {"ServedZoneStar", "[[serve_rpz]]\nzone = \"*.x.example\"\nnotify = [\"10.0.0.54:53\"]\n",
     "2:8: '*.x.example' is not a domain name"},
    {"LocalMiddleStar", "[[local]]\nname = \"a.*.example\"\ntype = \"A\"\nvalue = \"10.0.0.1\"\n",
     "2:8: 'a.*.example' is not a domain name"},
    {"KeptZoneUrl", "[[list]]\nid = \"n\"\nsource = \"axfr://192.0.2.53/a@b.example\"\n",
     "3:10: 'a@b.example' is not a domain name"},
    {"TlsName", "[upstream]\nservers = [\"tls://192.0.2.53#a b\"]\n", "2:12: 'a b' is not a domain name"},
    {"TargetPublicSuffix", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"domain:co.kr\"]\n",
     "4:12: 'co.kr' is a public suffix"},
    {"Step", "[[directive]]\nid = \"d\"\nstep = \"blok\"\ntargets = [\"service:*\"]\n",
     "3:8: 'step' is 'blok'; write one of observe"},
    {"StepNothing", "[[directive]]\nid = \"d\"\nstep = \"nothing\"\ntargets = [\"service:*\"]\n",
     "3:8: 'step' is 'nothing'; write one of observe"},
    {"TimeWithoutOffset",
     "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\"]\nstarts = 2026-01-01T00:00:00\n",
     "5:10: 'starts': "},
    {"TimeIsADate", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\"]\nends = 2026-01-01\n",
     "5:8: 'ends': "},
    {"Hours", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\"]\nhours = \"9 to 5\"\n",
     "5:9: '9 to 5' are not weekly hours"},
    {"Layer", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\"]\nlayer = \"town\"\n",
     "5:9: 'layer' is 'town'; write one of site"},
    {"Reason", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\"]\nreason = \"because\"\n",
     "5:10: 'reason' is a text; write a table of texts"},
    {"GroupsEmpty", "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\"]\ngroups = []\n",
     "5:10: 'groups' is empty; name the groups, or leave 'groups' out, which means everyone"},
    {"GroupsEmptyInAllow", "[[allow]]\ndomains = [\"a.example\"]\ngroups = []\n", "3:10: 'groups' is empty"},
    {"HoursOfOneDigit",
     "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\"]\nhours = \"mon-fri 9:00-18:00\"\n",
     "5:9: 'mon-fri 9:00-18:00' are not weekly hours; hours have two digits: \"mon-fri 09:00-18:00\""},
    {"TimeInMinutes",
     "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"service:*\"]\nstarts = 2026-12-01T09:00+09:00\n",
     "5:26: "},
    {"AllowPublicSuffix", "[[allow]]\ndomains = [\"a.example\", \"com\"]\n",
     "2:25: 'com' is a public suffix, below which many parties register names; name the domains themselves"},
    {"AllowStarBelowPublicSuffix", "[[allow]]\ndomains = [\"*.co.kr\"]\n", "2:12: 'co.kr' is a public suffix"},
    {"AllowDomain", "[[allow]]\ndomains = [\"-..\"]\n", "2:12: '-..' is not a domain name"},
    {"PlannedStep",
     "[[directive]]\nid = \"d\"\ntargets = [\"service:*\"]\nstep = \"observe\"\nplanned = [\"restrict\"]\n",
     "5:12: 'restrict' is not a planned step; write it as in \"restrict 2026-03-01T00:00:00+09:00\""},
    {"PlannedOrder",
     "[[directive]]\nid = \"d\"\ntargets = [\"service:*\"]\nstep = \"observe\"\nplanned = [\"block "
     "2026-03-01T00:00:00Z\", \"advise 2026-02-01T00:00:00Z\"]\n",
     "5:42: planned steps are written in the order of their times"},
    {"ExceptionWidth", "[exceptions]\nwidest4 = \"28\"\n", "2:11: 'widest4' is '28'; write /0 to /32"},
    {"ExceptionApprovals", "[exceptions]\napprovals = 0\n", "2:13: 'approvals' is 0; write a whole number from 1"},
};

std::vector<std::string> errors_in(std::string_view text) {
    Diagnostics diagnostics;
    const HostInfo host_info{.host_name = "dns1", .resolv_conf = "/nonexistent/resolv.conf"};
    const auto settings = load_text(text, "cenote.toml", host_info, diagnostics);
    EXPECT_EQ(settings.has_value(), !diagnostics.has_errors());
    std::vector<std::string> errors;
    for (const auto& one : diagnostics.all())
        if (one.severity == Diagnostic::Severity::Error) errors.push_back(one.to_string());
    return errors;
}

class BrokenConfig : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenConfig, GivesOneLineWithItsPlace) {
    const auto errors = errors_in(GetParam().text);
    ASSERT_EQ(errors.size(), 1U) << testing::PrintToString(errors);
    EXPECT_THAT(errors[0], testing::StartsWith(std::string("cenote.toml:") + GetParam().line));
}

INSTANTIATE_TEST_SUITE_P(Table, BrokenConfig, testing::ValuesIn(kBroken),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(BrokenConfigs, AllMistakesAreShownAtOnceInTheirOrder) {
    const auto errors = errors_in(
        "[server]\n"
        "workers = \"two\"\n"
        "wrokers = 2\n"
        "[[group]]\n"
        "id = \"everyone\"\n"  // a semantic mistake
        "clients = [\"10.0.0.0/8\"]\n"
        "[[directive]]\n"
        "id = \"d\"\n"
        "targets = [\"domain:example.ai\"]\n"
        "step = \"block\"\n"
        "groups = [\"nobody\"]\n"  // another
        "[[directive]]\n"
        "id = \"e\"\n"
        "targets = [\"nothing\"]\n"
        "step = \"block\"\n");
    ASSERT_EQ(errors.size(), 5U) << testing::PrintToString(errors);
    EXPECT_THAT(errors[0], testing::StartsWith("cenote.toml:2:11: "));
    EXPECT_THAT(errors[1], testing::StartsWith("cenote.toml:3:1: "));
    EXPECT_THAT(errors[2], testing::StartsWith("cenote.toml:4:1: "));
    EXPECT_THAT(errors[3], testing::StartsWith("cenote.toml:11:10: "));
    EXPECT_THAT(errors[4], testing::StartsWith("cenote.toml:14:12: "));
}

TEST(BrokenConfigs, AnUnreadableFileIsNamed) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load("/nonexistent/cenote.toml", diagnostics).has_value());
    ASSERT_TRUE(diagnostics.has_errors());
    EXPECT_THAT(diagnostics.all().front().to_string(), testing::HasSubstr("/nonexistent/cenote.toml"));
}

}  // namespace
}  // namespace cenote::config
