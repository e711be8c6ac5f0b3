"""Parameters for stacks of every kind."""

CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/6e2b1c9a-0f5d-4c7e-9b43-2d8a5f71c0e4"
WEB_ACL = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/relive/6e2b1c9a-0f5d-4c7e-9b43-2d8a5f71c0e4"
ADDRESS = "someone@example.com"

REST = {"FrontDoor": "RestApi"}
DOMAIN = {**REST, "Domain": "api.example.com", "CertificateArn": CERTIFICATE}
IN_ROUTE_53 = {**DOMAIN, "HostedZoneId": "Z0123456789ABC"}
TENANTS = {**REST, "TenantHeader": "X-Tenant-Id"}
SNAP_START = {"SnapStart": "on", "Revision": "1700000000"}

KINDS: dict[str, dict[str, str]] = {
    "as it comes": {},
    "dev": {"Stage": "dev", "LogDays": "3", "Monitoring": "off"},
    "arm64": {"Architecture": "arm64"},
    "SnapStart": SNAP_START,
    "limited": {"ReservedConcurrency": "20", "MemorySize": "3008"},
    "alarms that are sent": {"AlarmEmail": ADDRESS},
    "a budget": {"AlarmEmail": ADDRESS, "MonthlyBudget": "50"},
    "a budget without alarms": {"AlarmEmail": ADDRESS, "MonthlyBudget": "50", "Monitoring": "off"},
    "REST API": REST,
    "REST API with a quota": {**REST, "IntegrationSeconds": "75"},
    "REST API with SnapStart": {**REST, **SNAP_START},
    "domain": DOMAIN,
    "domain in Route 53": IN_ROUTE_53,
    "web ACL": {**REST, "WebAclArn": WEB_ACL},
    "tenants": TENANTS,
    "everything": {
        **IN_ROUTE_53, "WebAclArn": WEB_ACL, "TenantHeader": "X-Tenant-Id", "AlarmEmail": ADDRESS,
        "MonthlyBudget": "50", "ReservedConcurrency": "5", "Stage": "test",
    },
}  # fmt: skip
