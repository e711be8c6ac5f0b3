"""What every function of the deployment starts with."""

import logging
import secrets

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers

from runtime.application import Application
from runtime.apps.folder import load
from runtime.cloudcode.logs.powertools import PowertoolsLog
from runtime.sandbox.processes import SandboxUnavailable
from runtime.settings import load_settings, unknown_environment_names


def start(logger: Logger) -> Application:
    """The application with the app that the package carries.

    Runs while Lambda initialises, with the full processor and outside anybody's request: so the sandbox starts here.
    """
    logging.getLogger("runtime")  # only loggers that exist are given the form of ours
    copy_config_to_registered_loggers(logger, include={"runtime"})
    for name in unknown_environment_names():
        logger.warning("There is no such setting", extra={"variable": name})
    settings = load_settings()
    if not settings.master_key:
        logger.warning("No master key is set, so nobody has one: RELIVE_MASTER_KEY")
    master_key = settings.master_key or secrets.token_urlsafe()
    application = Application(settings, master_key, log_sinks=[PowertoolsLog(logger)])
    application.apply(load(settings.app))
    try:
        application.warm_up()
    except SandboxUnavailable:
        # To fail here would answer every request with Lambda's own 502; this way each says what is wrong.
        logger.exception("The sandbox does not start")
    return application
