// SPDX-License-Identifier: Apache-2.0
//
// Replies of cenoted on loopback with two directives, groups, exceptions and a saved proof, as it gave them, made
// shorter.
#pragma once

namespace cenote::pages::testing {

struct RecordedReply {
    const char* verb;
    const char* json;
};

// clang-format off
inline constexpr RecordedReply kRecordedReplies[] = {
    {"exceptions",
     R"_({"next":null,"rows":[{"agreed_by":[],"asked_at":"2026-11-29T21:28:34Z","asked_by":"root","client":nu)_"
     R"_(ll,"closed_at":null,"closed_by":null,"directive":"test-1","emergency":false,"ends":null,"extension":)_"
     R"_(null,"first":null,"granted_at":null,"group":"staff","id":"node1-1","last":null,"lasts":"7d","purpose)_"
     R"_(":"Assessment of Alpha <b>","queries":0,"ref":"2026-117","requester":null,"stage":"asked","unratifie)_"
     R"_(d":false},{"agreed_by":[],"asked_at":"2026-11-29T21:28:34Z","asked_by":"root","client":"127.0.0.9/32)_"
     R"_(","closed_at":null,"closed_by":null,"directive":"test-1","emergency":true,"ends":"2026-11-29T23:28:3)_"
     R"_(4Z","extension":null,"first":null,"granted_at":"2026-11-29T21:28:34Z","group":null,"id":"node1-2","l)_"
     R"_(ast":null,"lasts":"2h","purpose":"outage","queries":0,"ref":null,"requester":null,"stage":"granted",)_"
     R"_("unratified":true},{"agreed_by":[],"asked_at":"2026-11-29T21:28:34Z","asked_by":"root","client":null)_"
     R"_(,"closed_at":"2026-11-29T21:28:34Z","closed_by":"root","directive":"test-1","emergency":false,"ends")_"
     R"_(:null,"extension":null,"first":null,"granted_at":null,"group":"lab","id":"node1-3","last":null,"last)_"
     R"_(s":"1d","purpose":"tests","queries":0,"ref":null,"requester":"kim","stage":"denied","unratified":fal)_"
     R"_(se}]})_"},
    {"bypass",
     R"_({"gaps":[{"node":"node1","from":"2026-11-29T01:00:00Z","to":"2026-11-29T05:00:00Z","why":"stopped"}])_"
     R"_(,"rows":[{"day":"2026-11-28","group":"staff","signal":"resolver","queries":12,"usual":null},{"day":")_"
     R"_(2026-11-30","group":"","signal":"canary","queries":3,"usual":null},{"day":"2026-11-30","group":"lab")_"
     R"_(,"signal":"silence","queries":3,"usual":400}],"signals":[{"may_mean":"a browser or a device asked wh)_"
     R"_(ether it may use an encrypted resolver or a relay of its own; the answer here was no, and it complie)_"
     R"_(s","or_else":"Firefox and devices of Apple ask by themselves: it shows that they are there, and no a)_"
     R"_(ttempt","signal":"canary"},{"may_mean":"a device looked for an encrypted resolver in place of this o)_"
     R"_(ne (RFC 9462), and was told that there is none","or_else":"systems ask by themselves when they join )_"
     R"_(a network, and then go on with this resolver","signal":"designated"},{"may_mean":"a name of a public)_"
     R"_( encrypted resolver or a relay, which would answer the queries that are then missing here","or_else")_"
     R"_(:"browsers and apps have such names built in and try them unasked; the page about the resolver has t)_"
     R"_(he same name","signal":"resolver"},{"may_mean":"a name of a VPN, a proxy, a mirror or a reseller","o)_"
     R"_(r_else":"the VPN of the agency itself, a program that looks for its update, a page that was only rea)_"
     R"_(d","signal":"vpn"},{"may_mean":"within ten minutes after a sinkholed name, the same address asked fo)_"
     R"_(r a way around (these queries are in 'resolver' or 'vpn' as well)","or_else":"programs ask for both )_"
     R"_(by themselves; behind a NAT or a forwarder one address is many people","signal":"turning"},{"may_mea)_"
     R"_(n":"a group that asks every day has few queries or none while others go on: its clients may use anot)_"
     R"_(her resolver","or_else":"leave, holidays, a move, new addresses, a long lease time of DHCP, a forwar)_"
     R"_(der that keeps answers longer","signal":"silence"}],"since":"2026-11-28T00:00:00Z","source":"history)_"
     R"_(","until":"2026-11-30T12:00:00Z"})_"},
    {"audit",
     R"_({"node":"node1","rows":[{"action":"proof","actor":"root","after":"{\"cells\":342,\"deviations\":2,\")_"
     R"_(digest\":\"a96d7112b91d8d07e1e1fce306d54fb3454d8050c2d6c0bd483f84b5d4f20788\",\"names\":2,\"nodes\":)_"
     R"_([\"127.0.0.1:46103\"],\"policy\":\"8b9ea08b4decf635e00f0d815d894a81334be58b84bc73e7049bdc38b8756742\)_"
     R"_(",\"rows\":[{\"ede\":[15],\"expected\":\"no address\",\"got\":\"192.0.2.1\",\"name\":\"alpha-ai.exam)_"
     R"_(ple\",\"node\":\"127.0.0.1:46103\",\"transport\":\"udp\",\"type\":\"A\",\"variant\":\"plain\"},{\"ed)_"
     R"_(e\":[],\"expected\":\"no address\",\"got\":\"no answer\",\"name\":\"alpha-ai.example\",\"node\":\"12)_"
     R"_(7.0.0.1:46103\",\"transport\":\"tcp\",\"type\":\"TXT\",\"variant\":\"plain\"}],\"transports\":[\"udp)_"
     R"_(\",\"tcp\",\"explain\"]}","at":"2026-11-29T21:28:34Z","before":"","chain":"fbffb9b997ffe09eb04f2bbc0)_"
     R"_(01f819f46c31622c62d642e36b0ef6480256409","id":12,"node":"","note":"","object":"test-1","policy":"ver)_"
     R"_(sion 1795987715 digest 0c4887ad9e5fbf20111e79065a045e3f0601c3ff5f19d44fa798e414d7f23f6a","ref":"","r)_"
     R"_(equester":""},{"action":"exception request","actor":"root","after":"[[exception]]\nid = \"node1-1\"\)_"
     R"_(ndirective = \"test-1\"\ngroup = \"staff\"\npurpose = \"Assessment of Alpha <b>\"\nstage = \"asked\")_"
     R"_(\nasked_by = \"root\"\nasked_at = 2026-11-29T21:28:34Z\nlasts = \"7d\"\n","at":"2026-11-29T21:28:34Z)_"
     R"_(","before":"","chain":"ce5d3ac86c8869c0058e2a260c160823a929f59dc3d02d5700ba6c05d3642659","id":8,"nod)_"
     R"_(e":"","note":"","object":"node1-1","policy":"","ref":"","requester":""},{"action":"reload","actor":")_"
     R"_(root","after":"set 172795442ac17668 catalogue 4348b5ab28579c5605fe6354b20419c5b1c967ada422b21055a0a7)_"
     R"_(219a096b32","at":"2026-11-29T21:28:33Z","before":"set 172795442ac17668 catalogue 4348b5ab28579c5605f)_"
     R"_(e6354b20419c5b1c967ada422b21055a0a7219a096b32","chain":"d0e5ecb02cee5239ca01d9929364b052c94db10826ed)_"
     R"_(77842d4b87cdfa1e8f1f","id":7,"node":"","note":"","object":"/tmp/cenote-ho1rwfkw/cenote.toml","policy)_"
     R"_(":"version 1795987714 digest cb3c4d0a400929058f3697dc0f1c3135cf5702d3b5630de5162dbd91ea6caac3","ref")_"
     R"_(:"","requester":""},{"action":"start","actor":"cenoted","after":"set 172795442ac17668 catalogue 4348)_"
     R"_(b5ab28579c5605fe6354b20419c5b1c967ada422b21055a0a7219a096b32","at":"2026-11-29T21:28:33Z","before":")_"
     R"_(","chain":"240a04bd96e02b9fa777a6f61c97013036caf7684e5083ceca562b6830681615","id":6,"node":"","note")_"
     R"_(:"cenoted 0.1.0","object":"/tmp/cenote-ho1rwfkw/cenote.toml","policy":"version 1795987713 digest cb3)_"
     R"_(c4d0a400929058f3697dc0f1c3135cf5702d3b5630de5162dbd91ea6caac3","ref":"","requester":""},{"action":"d)_"
     R"_(irective add","actor":"cenoted","after":"[[directive]]\nid = \"test-1\"\ntitle = \"Alpha is under as)_"
     R"_(sessment\"\ntargets = [\"service:alpha\"]\nstep = \"restrict\"\nends = 2099-12-31T23:59:59Z\ntimezon)_"
     R"_(e = \"Asia/Seoul\"\n","at":"2026-11-29T21:28:33Z","before":"","chain":"7e10b6610857c068df43e456bd6bf)_"
     R"_(34004f73d54e10974c16e36bf34c8709dce","id":1,"node":"","note":"/etc/cenote/cenote.toml:30; in the fil)_"
     R"_(es when the trail began to record them","object":"test-1","policy":"version 1795987713 digest cb3c4d)_"
     R"_(0a400929058f3697dc0f1c3135cf5702d3b5630de5162dbd91ea6caac3","ref":"","requester":""}],"next":{"befor)_"
     R"_(e":3}})_"},
    {"audit-verify",
     R"_({"breaks":[],"head":"fbffb9b997ffe09eb04f2bbc001f819f46c31622c62d642e36b0ef6480256409","of_backups":)_"
     R"_(0,"records":12})_"},
    {"ping",
     R"_({"timezone":"Asia/Seoul","version":"0.1.0"})_"},
    {"groups",
     R"_([{"answer":null,"clients":["127.0.0.2/32"],"clients_expected":null,"clients_seen":null,"fewer_than":)_"
     R"_(5,"id":"lab","language":null,"last_seen":"2026-11-29T21:28:34Z","name":"lab","queries":28},{"answer")_"
     R"_(:null,"clients":["127.0.0.3/32"],"clients_expected":null,"clients_seen":null,"fewer_than":5,"id":"st)_"
     R"_(aff","language":null,"last_seen":"2026-11-29T21:28:34Z","name":"staff","queries":14}])_"},
    {"directives",
     R"_([{"answer":null,"basis":null,"before":"observe","changes":"2099-12-31T23:59:59Z","contact":[],"ended)_"
     R"_(":null,"ends":"2099-12-31T23:59:59Z","exceptions_max":null,"groups":["everyone"],"hours":null,"id":")_"
     R"_(test-1","identity":null,"issuer":null,"layer":"site","made":null,"mandated_by":null,"next_step":"not)_"
     R"_(hing","now_because":null,"origin":"/tmp/cenote-ho1rwfkw/cenote.toml:37","planned":[],"reason":{},"re)_"
     R"_(view":null,"roles":[],"starts":null,"state":"in-force","step":"restrict","step_now":"restrict","stri)_"
     R"_(ct":false,"targets":["service:alpha"],"timezone":"Asia/Seoul","title":"Alpha is under assessment","t)_"
     R"_(oml":"[[directive]]\nid = \"test-1\"\ntitle = \"Alpha is under assessment\"\ntargets = [\"service:al)_"
     R"_(pha\"]\nstep = \"restrict\"\nends = 2099-12-31T23:59:59Z\ntimezone = \"Asia/Seoul\"\n"},{"answer":nu)_"
     R"_(ll,"basis":null,"before":"observe","changes":"2099-12-31T23:59:59Z","contact":[],"ended":null,"ends")_"
     R"_(:"2099-12-31T23:59:59Z","exceptions_max":null,"groups":["everyone"],"hours":null,"id":"test-2","iden)_"
     R"_(tity":null,"issuer":null,"layer":"site","made":null,"mandated_by":null,"next_step":"nothing","now_be)_"
     R"_(cause":null,"origin":"/tmp/cenote-ho1rwfkw/cenote.toml:44","planned":[],"reason":{},"review":null,"r)_"
     R"_(oles":[],"starts":null,"state":"in-force","step":"observe","step_now":"observe","strict":false,"targ)_"
     R"_(ets":["service:beta"],"timezone":"Asia/Seoul","title":null,"toml":"[[directive]]\nid = \"test-2\"\nt)_"
     R"_(argets = [\"service:beta\"]\nstep = \"observe\"\nends = 2099-12-31T23:59:59Z\ntimezone = \"Asia/Seou)_"
     R"_(l\"\n"}])_"},
    {"status",
     R"_({"advised":0,"audit_head":"fbffb9b997ffe09eb04f2bbc001f819f46c31622c62d642e36b0ef6480256409","blocke)_"
     R"_(d":0,"cached":18,"certificate":null,"forwarded":39,"listen":["127.0.0.1:46103"],"listen_tls":[],"nod)_"
     R"_(e":"node1","observed":7,"policy_digest":"0c4887ad9e5fbf20111e79065a045e3f0601c3ff5f19d44fa798e414d7f)_"
     R"_(23f6a","policy_version":1795987715,"problems":[{"do":"'cenote exception approve node1-2' by another )_"
     R"_(person, or 'cenote exception revoke node1-2'","id":"exception node1-2","severity":"warning","since":)_"
     R"_("2026-11-29T21:28:34Z","what":"exception node1-2 is an emergency of root that no second person has a)_"
     R"_(greed to"},{"do":"'cenote exception approve node1-1' by another person, or 'cenote exception deny no)_"
     R"_(de1-1'","id":"exception node1-1","severity":"notice","since":"2026-11-29T21:28:34Z","what":"exceptio)_"
     R"_(n node1-1 from directive test-1 for group staff, requested by root, waits for approval: Assessment o)_"
     R"_(f Alpha <b>"}],"queries":380,"refused":0,"restricted":314,"rules_digest":"8b9ea08b4decf635e00f0d815d)_"
     R"_(894a81334be58b84bc73e7049bdc38b8756742","served_zones":[],"set":{"built_at":"2026-11-29T21:28:32Z",")_"
     R"_(bytes":960,"domains":3,"path":"/var/lib/cenote/cenote.set"},"upstreams":[{"asked":true,"healthy":tru)_"
     R"_(e,"rtt_ms":16.991845,"server":"127.0.0.1:55750"}],"uptime_s":1,"version":"0.1.0","workers":1})_"},
    {"lists",
     R"_([{"id":"extra","source":"https://lists.example/extra","format":"domains","entries":1200,"last_good":)_"
     R"_("2026-11-29T03:00:00Z","age":90000,"max_age":604800,"stale":false,"error":null}])_"},
    {"privacy",
     R"_({"text":"What the DNS resolver node1 keeps of queries\nAs of 2026-11-29T21:28:34Z, from the configur)_"
     R"_(ation in force (policy 0c4887ad9e5fbf20).\n\nWhat it is for\n- The resolver answers DNS queries, and)_"
     R"_( applies directives about AI services. It sees which name a device asks for, and no content: no page)_"
     R"_(, no prompt, no account.\n\nWhat is kept of a query\n- Of every query: it is counted, by the kind of)_"
     R"_( answer and by group. How many different clients a group has is an estimate, made of keyed hashes th)_"
     R"_(at lead back to no client.\n"})_"},
    {"explain",
     R"_({"allow":null,"answer":"null, 30 s","category":["chat"],"changes":"2099-12-31T23:59:59Z","client":"1)_"
     R"_(27.0.0.3","directive":"test-1","exception":null,"groups":["staff","everyone"],"jurisdiction":"ZZ","l)_"
     R"_(ist":null,"made":null,"matched":"alpha-ai.example","name":"alpha-ai.example","next_verdict":"forward)_"
     R"_(","notes":[],"policy_version":1795987715,"service":"alpha","service_name":"Alpha Chat","standing":nu)_"
     R"_(ll,"steps":["client 127.0.0.3 is in groups staff, everyone","alpha-ai.example is Alpha Chat (ZZ, cha)_"
     R"_(t), role web","directive test-1 (restrict, everyone, until 2100-01-01) covers it by service:alpha",")_"
     R"_(answer: null, 30 s"],"suspension":null,"type":"A","unicode":null,"until":"2099-12-31T23:59:59Z","ver)_"
     R"_(dict":"restrict"})_"},
    {"metrics",
     R"_("cenote_queries_total{transport=\"udp\"} 204\ncenote_queries_total{transport=\"tcp\"} 176\ncenote_qu)_"
     R"_(eries_total{transport=\"tls\"} 0\ncenote_answers_total{source=\"sinkhole\"} 314\ncenote_answers_tota)_"
     R"_(l{source=\"local\"} 9\ncenote_answers_total{source=\"cache\"} 18\ncenote_answers_total{source=\"stal)_"
     R"_(e\"} 0\ncenote_answers_total{source=\"upstream\"} 39\ncenote_answers_total{source=\"failure\"} 0\nce)_"
     R"_(note_answers_total{source=\"none\"} 0\ncenote_rejected_total{reason=\"malformed\"} 0\ncenote_rejecte)_"
     R"_(d_total{reason=\"formerr\"} 0\ncenote_rejected_total{reason=\"notimp\"} 0\ncenote_rejected_total{rea)_"
     R"_(son=\"badvers\"} 0\ncenote_rejected_total{reason=\"acl\"} 0\ncenote_rejected_total{reason=\"kind\"} )_"
     R"_(0\ncenote_rejected_total{reason=\"not_ready\"} 0\ncenote_cache_hits_total 18\ncenote_cache_misses_to)_"
     R"_(tal 39\ncenote_cache_evictions_total 0\ncenote_upstream_timeouts_total 0\ncenote_cache_entries 7\nce)_"
     R"_(note_cache_bytes 17828304\ncenote_cache_limit_bytes 134217728\nprocess_resident_memory_bytes 5154816)_"
     R"_(0\ncenote_proof_checks{directive=\"test-1\"} 342\ncenote_proof_failures{directive=\"test-1\"} 0\ncen)_"
     R"_(ote_proof_timestamp_seconds{directive=\"test-1\"} 1795987714\ncenote_reply_duration_seconds_bucket{s)_"
     R"_(ource=\"cache\",le=\"1e-06\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\",le=\"2e-06\")_"
     R"_(} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\",le=\"4e-06\"} 18\ncenote_reply_duration_)_"
     R"_(seconds_bucket{source=\"cache\",le=\"8e-06\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cach)_"
     R"_(e\",le=\"1.6e-05\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\",le=\"3.2e-05\"} 18\nce)_"
     R"_(note_reply_duration_seconds_bucket{source=\"cache\",le=\"6.4e-05\"} 18\ncenote_reply_duration_second)_"
     R"_(s_bucket{source=\"cache\",le=\"0.000128\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\")_"
     R"_(,le=\"0.000256\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\",le=\"0.000512\"} 18\ncen)_"
     R"_(ote_reply_duration_seconds_bucket{source=\"cache\",le=\"0.001024\"} 18\ncenote_reply_duration_second)_"
     R"_(s_bucket{source=\"cache\",le=\"0.002048\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\")_"
     R"_(,le=\"0.004096\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\",le=\"0.008192\"} 18\ncen)_"
     R"_(ote_reply_duration_seconds_bucket{source=\"cache\",le=\"0.016384\"} 18\ncenote_reply_duration_second)_"
     R"_(s_bucket{source=\"cache\",le=\"0.032768\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\")_"
     R"_(,le=\"0.065536\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\",le=\"0.131072\"} 18\ncen)_"
     R"_(ote_reply_duration_seconds_bucket{source=\"cache\",le=\"0.262144\"} 18\ncenote_reply_duration_second)_"
     R"_(s_bucket{source=\"cache\",le=\"0.524288\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\")_"
     R"_(,le=\"1.04858\"} 18\ncenote_reply_duration_seconds_bucket{source=\"cache\",le=\"2.09715\"} 18\ncenot)_"
     R"_(e_reply_duration_seconds_bucket{source=\"cache\",le=\"4.1943\"} 18\ncenote_reply_duration_seconds_bu)_"
     R"_(cket{source=\"cache\",le=\"+Inf\"} 18\ncenote_send_failed_total 4\n")_"},
};
// clang-format on

}  // namespace cenote::pages::testing
